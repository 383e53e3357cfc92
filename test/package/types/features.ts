/** What the features take and give: wrong options, words and payloads do not compile, and what may be undefined may be left so. */
import {
  archive,
  avatars,
  blocking,
  bookmarks,
  chat,
  chatWith,
  csi,
  json,
  mood,
  presence,
  pubsub,
  rooms,
  roster,
  type Schema,
  upload,
} from '@rookery/client'
import { connect } from '@rookery/client/node'

declare const unknown: string | undefined
declare const schema: Schema<number>

export async function talk(): Promise<void> {
  const client = await connect({ jid: 'romeo@montague.lit', use: [chat, presence, roster, archive, blocking, csi] })
  client.chat.send('juliet@capulet.lit', { body: unknown, subject: unknown, replyTo: undefined })
  // @ts-expect-error 2353: it is called body
  client.chat.send('juliet@capulet.lit', { text: 'Hello' })
  // @ts-expect-error 2345: there is no such state
  client.chat.setState('juliet@capulet.lit', 'typing')
  // @ts-expect-error 2345: reactions are about a message
  client.chat.react('juliet@capulet.lit', ['👍'])
  client.presence.set({ show: undefined, status: { en: 'Out', de: 'Weg' }, priority: 5 })
  // @ts-expect-error 2322: there is no such show
  client.presence.set({ show: 'busy' })
  // @ts-expect-error 2561: they are groups
  await client.roster.set('juliet@capulet.lit', { group: 'Friends' })
  for await (const { archiveId } of client.archive.query({ start: Date.now(), with: unknown })) archiveId.length
  // @ts-expect-error 2322: times are numbers
  client.archive.query({ start: new Date() })
  // @ts-expect-error 2353: there is no such filter
  client.archive.query({ from: 'juliet@capulet.lit' })
  // @ts-expect-error 2322: there is no such report
  await client.blocking.block('mercutio@montague.lit', { report: 'rude' })
  // @ts-expect-error 2339: there are rooms where they are used
  client.rooms.get('verona@rooms.montague.lit')
  // @ts-expect-error 2345: events are of what is used
  client.on('room:joined', () => undefined)
}

export async function gather(): Promise<void> {
  const { rooms: there, ...client } = await connect({ jid: 'romeo@montague.lit', use: [rooms, bookmarks, upload] })
  const room = await there.join('verona@rooms.montague.lit', { nick: unknown, password: unknown, timeout: undefined })
  room.on('message', ({ nick, occupant }) => [nick.length, occupant?.affiliation])
  room.on('occupant', (change) => (change.kind === 'went' ? change.exit.cause : change.occupant.nick))
  // @ts-expect-error 2353: it is called nick
  await there.join('verona@rooms.montague.lit', { nickname: 'Romeo' })
  // @ts-expect-error 2345: it is one message
  room.on('messages', () => undefined)
  // @ts-expect-error 2339: the payload has no such field
  room.on('message', ({ nickname }) => nickname)
  // @ts-expect-error 2561: it is called autojoin
  await client.bookmarks.add('verona@rooms.montague.lit', { autoJoin: true })
  // @ts-expect-error 2345: a path is no file
  await client.upload.send('/tmp/rose.jpg')
}

export async function publish(): Promise<void> {
  const client = await connect({ jid: 'romeo@montague.lit', use: [pubsub, mood, avatars] })
  const numbers = client.pubsub.node('pubsub.montague.lit', 'numbers', json(schema))
  numbers.on('item', ({ value }) => value.toFixed())
  // @ts-expect-error 2345: its items are numbers
  await numbers.publish('one')
  // @ts-expect-error 2353: there is no such setting
  await numbers.publish(1, { config: { access: 'open' } })
  client.on('mood', ({ jid, value }) => [jid.bare, value])
  // @ts-expect-error 2345: a picture is bytes
  await client.avatars.publish('rose.jpg')
}

// @ts-expect-error 2322: there is no such choice
chatWith({ receipts: 'some' })
