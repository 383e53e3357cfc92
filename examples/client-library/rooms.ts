/** Enters a room, says hello, and shows what happens there until somebody says good night. */
import { connect, rooms } from '@rookery/client/node'

const client = await connect({
  jid: 'romeo@localhost',
  password: 'wherefore-art-thou',
  service: process.env['XMPP_SERVICE'], // left out where the domain tells
  use: [rooms],
})

const room = await client.rooms.join('hall@conference.localhost', { nick: 'Romeo', history: { maxStanzas: 20 } })
room.on('occupant', ({ kind, occupant }) => console.log(`${occupant.nick} ${kind}`)) // came, changed, renamed, went
room.on('subject', ({ text }) => console.log(`about: ${text}`))
room.on('left', ({ cause }) => console.log(`out of the room: ${cause}`))
console.log(`there: ${[...room.occupants.keys()].join(', ')}`)

await room.send('Hello!').reached('delivered') // the room has passed it on

for await (const { nick, body } of room.messages()) {
  console.log(`${nick}: ${body}`)
  if (body === 'Good night') break
}
await room.leave({ reason: 'parting is such sweet sorrow' })
await client.close()
