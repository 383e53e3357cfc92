import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { presence } from '@rookery/protocol/stanza'
import { type Element, el } from '@rookery/protocol/xml'
import { startTestServer, type TestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../../test/online.ts'
import type { Client } from '../../client.ts'
import {
  type AnyExtension,
  type ChatMessage,
  carbons,
  chat,
  chatWith,
  isBySameAuthor,
  type MessageContent,
  type messages,
  roster,
  type SentMessage,
  UsageError,
} from '../../index.ts'

const NS = 'jabber:client'

/** Available, so that messages to the account come. */
async function here<const X extends readonly AnyExtension[]>(
  server: TestServer,
  local: string,
  use: X,
): Promise<Client<readonly [...X, typeof messages]>> {
  const client = await online(server, use, { local })
  client.send(presence(undefined, undefined, 'available'))
  await client.request('get', el('ping', 'urn:xmpp:ping')) // the server knows it now
  return client
}

async function couple(
  server: TestServer,
): Promise<
  [romeo: Client<readonly [typeof chat, typeof messages]>, juliet: Client<readonly [typeof chat, typeof messages]>]
> {
  return [await here(server, 'romeo', [chat]), await here(server, 'juliet', [chat])]
}

/** Sends it, and gives both ends. */
async function say(
  from: Client<readonly [typeof chat, typeof messages]>,
  to: Client<readonly [typeof chat, typeof messages]>,
  content: string | MessageContent,
): Promise<[SentMessage, ChatMessage]> {
  const arrived = next(to, 'chat')
  const sent = from.chat.send(to.jid!.bare, content)
  return [sent, await arrived]
}

/** All that came to somebody before a last word did. */
async function after(from: Client<readonly [typeof messages]>, to: Client<readonly [typeof messages]>): Promise<void> {
  const arrived = next(to, 'message', (message) => message.body === 'the last word')
  from.messages.post(to.jid!, [el('body', NS, {}, 'the last word')])
  await arrived
}

describe('conversations', () => {
  test('a text is sent, read, confirmed and marked as seen', async () => {
    await using server = await startTestServer()
    const [romeo, juliet] = await couple(server)
    await using _ = romeo
    await using __ = juliet
    const receipt = next(romeo, 'chat:receipt')
    const [sent, message] = await say(romeo, juliet, 'Art thou there?')
    assert.equal(message.body, 'Art thou there?')
    assert.equal(`${message.peer}`, 'romeo@localhost')
    assert.equal(`${message.from}`, `${romeo.jid}`)
    assert.equal(message.author, 'romeo@localhost')
    assert.equal(message.isOwn, false)
    assert.equal(message.id, sent.id)
    assert.equal(message.originId, sent.id)
    assert.equal(message.reference, sent.id)
    assert.equal(typeof message.stanzaId, 'string')
    assert.equal(message.state, 'active')
    await sent.reached('delivered')
    assert.equal((await receipt).id, sent.id)
    assert.equal((await receipt).sent, sent)
    assert.equal(`${(await receipt).peer}`, 'juliet@localhost')

    const [second, seen] = await say(romeo, juliet, 'Speak again')
    const displayed = next(romeo, 'chat:displayed')
    juliet.chat.markDisplayed(seen)
    await second.reached('displayed')
    assert.equal((await displayed).sent, second)
    assert.equal(sent.fate, 'displayed', 'what was sent before has been seen too')
  })

  test('what is sent to the account arrives, for chat says that the client is there; unless it is told not to', async () => {
    await using server = await startTestServer()
    const romeo = await online(server, [chat], { local: 'romeo' })
    const juliet = await online(server, [chat], { local: 'juliet' })
    await say(romeo, juliet, 'to the account')
    const nurse = await online(server, [chatWith({ presence: false })], { local: 'nurse' })
    romeo.chat.send('nurse@localhost', 'to the account')
    const arrived = next(nurse, 'chat')
    romeo.chat.send(nurse.jid!, 'to the device')
    assert.equal((await arrived).body, 'to the device')
    for (const one of [romeo, juliet, nurse]) await one.close()
  })

  test('a loop gets the messages of others, of one of them if it asks so', async () => {
    await using server = await startTestServer()
    const [romeo, juliet] = await couple(server)
    await using _ = romeo
    await using __ = juliet
    await using paris = await here(server, 'paris', [chat])
    const got: string[] = []
    const reading = (async () => {
      for await (const { body, peer } of juliet.chat.messages({ from: 'romeo@localhost' })) {
        got.push(`${peer}: ${body}`)
        if (got.length === 2) return
      }
    })()
    romeo.chat.send('juliet@localhost', 'one')
    await paris.chat.send('juliet@localhost', 'not this').reached('delivered')
    romeo.chat.send('juliet@localhost', 'two')
    await reading
    assert.deepEqual(got, ['romeo@localhost: one', 'romeo@localhost: two'])
  })

  test('a message that came before the loop began waits for it', async () => {
    await using server = await startTestServer()
    const [romeo, juliet] = await couple(server)
    await using _ = romeo
    await using __ = juliet
    await romeo.chat.send('juliet@localhost', 'early').reached('delivered')
    for await (const { body } of juliet.chat.messages()) {
      assert.equal(body, 'early')
      break
    }
  })

  test('an answer quotes for those who know no replies, and is read without the quotation', async () => {
    await using server = await startTestServer()
    const [romeo, juliet] = await couple(server)
    await using _ = romeo
    await using __ = juliet
    const [sent, message] = await say(romeo, juliet, 'Two lines 🌹\nof mine')
    const [, answer] = await say(juliet, romeo, { body: 'And one 🌒 of thine', replyTo: message })
    assert.equal(answer.body, 'And one 🌒 of thine')
    assert.equal(answer.fullBody, '> Two lines 🌹\n> of mine\nAnd one 🌒 of thine')
    assert.equal(answer.replyTo?.id, sent.id)
    assert.equal(`${answer.replyTo?.to}`, `${romeo.jid}`)
    const [, other] = await say(romeo, juliet, { body: 'x', replyTo: { id: 'kept', author: 'juliet@localhost' } })
    assert.equal(other.fullBody, 'x')
    assert.equal(`${other.replyTo?.to}`, 'juliet@localhost')
  })

  test('subject, thread, languages and hints', async () => {
    await using server = await startTestServer()
    const [romeo, juliet] = await couple(server)
    await using _ = romeo
    await using __ = juliet
    const [sent, message] = await say(romeo, juliet, {
      body: 'Hello',
      bodies: { de: 'Hallo', fr: 'Salut' },
      subject: 'Greetings',
      thread: { id: 't2', parent: 't1' },
      receipt: false,
      markable: false,
      hints: ['no-permanent-store'],
      private: true,
      payloads: [el('wave', 'urn:example:wave')],
    })
    assert.equal(message.body, 'Hello')
    assert.equal(message.bodyIn('de'), 'Hallo')
    assert.equal(message.subject, 'Greetings')
    assert.equal(message.thread, 't2')
    assert.equal(message.parentThread, 't1')
    assert.equal(message.wantsReceipt, false)
    assert.equal(juliet.chat.markDisplayed(message), undefined)
    const names = sent.stanza.element.childElements().map(({ name }) => name)
    for (const name of ['no-permanent-store', 'private', 'no-copy', 'wave']) assert.ok(names.includes(name), name)
  })

  test('corrections, also of corrections, name the first message', async () => {
    await using server = await startTestServer()
    const [romeo, juliet] = await couple(server)
    await using _ = romeo
    await using __ = juliet
    const [sent, original] = await say(romeo, juliet, 'through yonder airlock')
    const shown = await say(romeo, juliet, { body: 'through yonder door', correct: sent })
    assert.equal(shown[1].corrects, sent.id, 'without a listener for corrections it is a message like any')

    const told: (string | undefined)[] = []
    juliet.on('chat', ({ body }) => told.push(body))
    const corrected = next(juliet, 'chat:corrected')
    romeo.chat.send('juliet@localhost', { body: 'through yonder window', correct: shown[0] })
    const { id, message, author } = await corrected
    assert.equal(id, sent.id)
    assert.equal(message.body, 'through yonder window')
    assert.equal(author, 'romeo@localhost')
    assert.equal(isBySameAuthor(original, await corrected), true)
    assert.equal(isBySameAuthor({ peer: 'romeo@localhost', author: 'juliet@localhost' }, await corrected), false)
    assert.deepEqual(told, [])
  })

  test('reactions and retractions are told, and are no messages', async () => {
    await using server = await startTestServer()
    const [romeo, juliet] = await couple(server)
    await using _ = romeo
    await using __ = juliet
    const told: (string | undefined)[] = []
    const [sent, message] = await say(romeo, juliet, 'What do you think?')
    juliet.on('chat', ({ body }) => told.push(body))
    const reactions = next(romeo, 'chat:reactions')
    const said = juliet.chat.react(message, ['🌹', '🌹', '🌒'])
    const inside = said.stanza.element.child('reactions', 'urn:xmpp:reactions:0')?.childElements() ?? []
    assert.deepEqual(
      inside.map((one) => one.text()),
      ['🌹', '🌒'], // [XEP-0444 3] each once
    )
    assert.deepEqual((await reactions).reactions, ['🌹', '🌒'])
    assert.equal((await reactions).id, sent.id)
    assert.equal((await reactions).author, 'juliet@localhost')

    const retracted = next(juliet, 'chat:retracted')
    romeo.chat.retract(sent)
    assert.equal((await retracted).id, message.id)
    assert.equal(isBySameAuthor(message, await retracted), true)
    assert.throws(() => juliet.chat.retract(message), UsageError)
    const before = juliet.messages.unacknowledged.length
    for (const correct of [message, '', {}, null, 7] as ChatMessage[])
      assert.throws(() => juliet.chat.send('romeo@localhost', { body: 'mine now', correct }), UsageError)
    assert.equal(juliet.messages.unacknowledged.length, before)
    await after(romeo, juliet)
    assert.deepEqual(told, ['the last word'])
  })

  test('states are told once, not to those who have none, and not to those who left', async () => {
    await using server = await startTestServer()
    const [romeo, juliet] = await couple(server)
    await using _ = romeo
    await using __ = juliet
    const states: string[] = []
    juliet.on('chat:state', ({ state, isOwn }) => states.push(`${state} ${isOwn}`))
    const tell = (state: 'composing' | 'paused'): boolean => romeo.chat.setState('juliet@localhost', state)
    assert.deepEqual([tell('composing'), tell('composing'), tell('paused')], [true, false, true])
    await say(romeo, juliet, 'now')
    assert.equal(tell('paused'), true)
    while (states.length < 4) await next(juliet, 'chat:state')
    assert.deepEqual(states, ['composing false', 'paused false', 'active false', 'paused false'])

    const gone = next(romeo, 'chat:state')
    juliet.chat.setState('romeo@localhost', 'gone')
    assert.equal((await gone).state, 'gone')
    assert.equal(tell('composing'), false)
    await say(juliet, romeo, 'back')
    assert.equal(tell('composing'), true)

    const silent = next(romeo, 'chat', ({ body }) => body === 'plain')
    juliet.messages.post(romeo.jid!, [el('body', NS, {}, 'plain')])
    await silent
    assert.equal(tell('paused'), false)
    assert.equal((await say(romeo, juliet, 'plain too'))[1].state, undefined)
    romeo.chat.options = { states: false }
    await say(juliet, romeo, 'with a state')
    assert.equal(tell('paused'), false)
  })

  test('whoever is not to know gets no receipt', async () => {
    await using server = await startTestServer()
    await using romeo = await here(server, 'romeo', [chat])
    await using juliet = await here(server, 'juliet', [
      chatWith({ receipts: (from) => `${from.bare}` !== 'romeo@localhost' }),
    ])
    const [sent] = await say(romeo, juliet, 'Did you get this?')
    await after(juliet, romeo)
    assert.notEqual(sent.fate, 'delivered')
    juliet.chat.options = { receipts: 'none' }
    const [second] = await say(romeo, juliet, 'And this?')
    await after(juliet, romeo)
    assert.notEqual(second.fate, 'delivered')
    juliet.chat.options = {}
    await romeo.chat.send('juliet@localhost', 'Now?').reached('delivered')

    await using nurse = await here(server, 'nurse', [roster, chatWith({ receipts: roster })])
    const third = romeo.chat.send('nurse@localhost', 'And you?')
    await next(nurse, 'chat')
    await after(nurse, romeo)
    assert.notEqual(third.fate, 'delivered')
    const asked = next(nurse, 'subscription:request')
    romeo.send(presence(undefined, nurse.jid!.bare, 'subscribe'))
    await asked
    const approved = next(nurse, 'roster', ({ changed }) => changed.some(({ subscription }) => subscription === 'from'))
    nurse.roster.approve('romeo@localhost')
    await approved
    await romeo.chat.send('nurse@localhost', 'And now?').reached('delivered')
  })

  test('other devices see what one sends, and confirm nothing', async () => {
    await using server = await startTestServer()
    const account = await server.createAccount({ local: 'romeo' })
    await using desk = await online(server, [carbons, chat], { ...account })
    await using phone = await online(server, [carbons, chat], { ...account })
    await using juliet = await here(server, 'juliet', [chat])
    desk.send(presence(undefined, undefined, 'available'))
    const copy = next(phone, 'chat')
    const [sent] = await say(desk, juliet, 'From my desk')
    assert.equal((await copy).isOwn, true)
    assert.equal((await copy).author, 'romeo@localhost')
    assert.equal(`${(await copy).peer}`, 'juliet@localhost')
    assert.equal((await copy).id, sent.id)

    const receipts: string[] = []
    juliet.on('chat:receipt', ({ from }) => receipts.push(`${from}`))
    const copied = next(phone, 'chat', ({ isOwn }) => !isOwn)
    const answer = juliet.chat.send(desk.jid!, 'To your desk')
    await answer.reached('delivered')
    assert.equal((await copied).body, 'To your desk')
    await after(phone, juliet)
    assert.deepEqual(receipts, [`${desk.jid}`])

    const seen = next(phone, 'chat:displayed')
    const atDesk = desk.chat.read((await copied).received)!
    desk.chat.markDisplayed(atDesk)
    assert.equal((await seen).isOwn, true)
    assert.equal((await seen).id, answer.id)
    assert.equal((await seen).sent, undefined)
    await answer.reached('displayed')
    assert.equal(phone.chat.markDisplayed(await copy), undefined, 'nobody marks their own')
  })
})

describe('forged', () => {
  const element = (name: string, ns: string, id: string): Element => el(name, ns, { id })
  const body = el('body', NS, {}, 'forged')

  test('receipts and markers count from the recipient only', async () => {
    await using server = await startTestServer()
    await using romeo = await here(server, 'romeo', [chat])
    await using juliet = await here(server, 'juliet', [])
    await using mallory = await here(server, 'mallory', [])
    const sent = romeo.chat.send('juliet@localhost', 'For thee')
    await sent.reached('acked')
    const told: unknown[] = []
    romeo.on('chat:receipt', (note) => told.push([`${note.peer}`, note.sent]))
    romeo.on('chat:displayed', (note) => told.push([`${note.peer}`, note.sent]))
    mallory.messages.post('romeo@localhost', [element('received', 'urn:xmpp:receipts', sent.id)])
    mallory.messages.post('romeo@localhost', [element('displayed', 'urn:xmpp:chat-markers:0', sent.id)])
    await after(mallory, romeo)
    assert.equal(sent.fate, 'acked')
    assert.deepEqual(told, [
      ['mallory@localhost', undefined],
      ['mallory@localhost', undefined],
    ])
    juliet.messages.post('romeo@localhost', [element('received', 'urn:xmpp:receipts', sent.id)])
    await sent.reached('delivered')
  })

  test('nobody corrects or takes back what this account wrote', async () => {
    await using server = await startTestServer()
    const [romeo, juliet] = await couple(server)
    await using _ = romeo
    await using __ = juliet
    const [sent] = await say(romeo, juliet, 'I owe you one')
    const told: string[] = []
    romeo.on('chat:corrected', ({ id }) => told.push(id))
    romeo.on('chat:retracted', ({ id }) => told.push(id))
    romeo.on('chat', (message) => told.push(message.body ?? ''))
    juliet.messages.post('romeo@localhost', [body, element('replace', 'urn:xmpp:message-correct:0', sent.id)])
    juliet.messages.post('romeo@localhost', [body, element('retract', 'urn:xmpp:message-retract:1', sent.id)])
    juliet.messages.post('romeo@localhost', [body, element('replace', 'urn:xmpp:message-correct:0', 'theirs')])
    await after(juliet, romeo)
    assert.deepEqual(told, ['theirs', 'the last word'])
  })

  test('what names a message of another conversation is by another author', () => {
    const original = { peer: 'juliet@localhost', author: 'juliet@localhost' }
    assert.equal(isBySameAuthor(original, { peer: 'mallory@localhost', author: 'mallory@localhost' }), false)
    assert.equal(isBySameAuthor(original, { peer: 'mallory@localhost', author: 'juliet@localhost' }), false)
    assert.equal(isBySameAuthor(original, { ...original }), true)
  })

  test('no receipt answers a receipt, a room, an error, or who gave no id', async () => {
    await using server = await HostileServer.start({ startTls: 'absent' })
    await using romeo = await online(server, [chat])
    const request = el('request', 'urn:xmpp:receipts')
    const from = 'juliet@localhost/x'
    const message = (attributes: Record<string, string>, ...children: Element[]): void =>
      server.connections[0]!.send(el('message', NS, { from, type: 'chat', ...attributes }, [...children, request]))
    const last = next(romeo, 'message', ({ id }) => id === 'last')
    message({ id: 'm1' }, element('received', 'urn:xmpp:receipts', 'x'))
    message({ id: 'm2', type: 'groupchat', from: 'hall@rooms.localhost/x' }, body)
    message({ id: 'm3', type: 'headline' }, body)
    message({ id: 'm4', type: 'error' }, body)
    message({}, body)
    message({ id: 'm6', from: 'romeo@localhost' }, body)
    message({ id: 'last' }, body)
    await last
    await romeo.request('get', el('ping', 'urn:xmpp:ping'))
    const answers = server.received('message').map((stanza) => stanza.firstElement()?.attr('id'))
    assert.deepEqual(answers, ['last'])
  })

  test('an occupant of a room is not another one', async () => {
    await using server = await HostileServer.start({ startTls: 'absent' })
    await using romeo = await online(server, [chat])
    const x = el('x', 'http://jabber.org/protocol/muc#user')
    const sent = romeo.chat.send('hall@rooms.localhost/juliet', { body: 'in private', payloads: [x] })
    const from = (nick: string, ...children: Element[]): void =>
      server.connections[0]!.send(
        el('message', NS, { from: `hall@rooms.localhost/${nick}`, type: 'chat' }, [x, ...children]),
      )
    const forged = next(romeo, 'chat:receipt')
    from('mallory', element('received', 'urn:xmpp:receipts', sent.id))
    assert.equal((await forged).sent, undefined)
    from('juliet', element('received', 'urn:xmpp:receipts', sent.id))
    await sent.reached('delivered')
    const message = next(romeo, 'chat')
    from('juliet', body)
    assert.equal(`${(await message).peer}`, 'hall@rooms.localhost/juliet')
  })
})
