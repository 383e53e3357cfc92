/** docs/guide/client.md: rooms. */
import { type Client, type Room, type roomAdmin, roomSettings, type rooms } from '@rookery/client/node'

type Guest = Client<readonly [typeof rooms, typeof roomAdmin]>

export async function enter(client: Guest, address: string, draw: (line: string) => void): Promise<Room> {
  const room = await client.rooms.join(address, { nick: 'romeo', history: { maxStanzas: 20 } })
  for (const { nick, role, affiliation } of room.occupants.values()) draw(`${nick}: ${role}, ${affiliation}`)
  room.on('occupant', ({ kind, occupant }) => draw(`${occupant.nick} ${kind}`)) // came, changed, renamed, went
  room.on('message', ({ nick, body }) => draw(`${nick}: ${body}`))
  room.on('left', ({ cause, reason }) => draw(`out: ${cause} ${reason ?? ''}`))
  return room
}

export async function say(room: Room): Promise<string | undefined> {
  const message = room.send('What light through yonder window breaks?')
  await message.reached('delivered') // the room has passed it on
  return message.stanzaId // by this others refer to it
}

export async function listenIn(room: Room, save: (text: string) => Promise<void>, signal: AbortSignal): Promise<void> {
  for await (const { nick, body, isHistory } of room.messages({ signal })) {
    if (!isHistory) await save(`${nick}: ${body}`)
  }
}

export async function make(client: Guest, address: string): Promise<Room> {
  const room = await client.rooms.join(address, {
    settings: roomSettings({ roomname: 'Verona', membersonly: true, persistentroom: true, publicroom: true }),
  })
  const admin = client.roomAdmin.of(room)
  await admin.setAffiliation('member', 'juliet@localhost', { reason: 'family' })
  room.invite('juliet@localhost', { reason: 'Come to the ball.' })
  await admin.configure({ roomname: 'Fair Verona' })
  return room
}

export async function lists(client: Guest, room: Room): Promise<Readonly<Record<string, number>>> {
  const admin = client.roomAdmin.of(room)
  const [members, admins, owners, banned] = await Promise.all([
    admin.members(),
    admin.admins(),
    admin.owners(),
    admin.banned(),
  ])
  const moderators = await admin.moderators()
  return {
    members: members.length,
    admins: admins.length,
    owners: owners.length,
    banned: banned.length,
    moderators: moderators.length,
  }
}

export async function find(client: Guest): Promise<string[]> {
  const found: string[] = []
  for await (const { jid, name } of client.rooms.list()) found.push(`${name ?? ''} ${jid}`)
  client.on('room:invitation', ({ room, from, reason }) => console.log(`${from} invites to ${room}: ${reason ?? ''}`))
  return found
}
