/** Going on with a session of which much waits (XEP-0198 section 5). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Element, el, writeElement } from '@rookery/protocol/xml'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../test/online.ts'
import { type Change, defineExtension, messages } from '../index.ts'
import { connect, createClient } from '../node/index.ts'

for (const sasl2 of [false, true])
  test(`everything that waited may come in one piece with the answer${sasl2 ? ' to the login' : ''}`, async () => {
    await using server = await HostileServer.start({ sasl2, asksForAcks: false })
    await using client = await online(server, [])
    const read: string[] = []
    const seen: string[] = []
    client.on('message', ({ body = '' }) => void read.push(body))
    const waited = Array.from(
      { length: 1_000 },
      (_, at) => `<message from='juliet@localhost/a'><body>${at}</body></message>`,
    )
    server.script.send = (element) => {
      const isAnswer = element.name === 'resumed' || element.child('resumed', 'urn:xmpp:sm:3') !== undefined
      if (isAnswer) seen.push(element.name)
      return isAnswer ? `${writeElement(element, 'jabber:client')}${waited.join('')}` : element
    }
    server.connection.break()
    const state = await next(client, 'state', ({ name }) => name === 'online' || name === 'failed')
    assert.ok(state.name === 'online' && state.resumed)
    await client.disconnect()
    assert.deepEqual(seen, [sasl2 ? 'success' : 'resumed'])
    assert.deepEqual(
      read,
      Array.from({ length: 1_000 }, (_, at) => `${at}`),
    )
  })

test('whoever says much before there is a session is not listened to', async () => {
  await using server = await HostileServer.start()
  server.script.features = (offered, connection) => {
    connection.put('<x/>'.repeat(8 << 20))
    return offered
  }
  await assert.rejects(online(server, [], { patience: 0 }), { kind: 'connect', reason: 'bad-answer' })
})

test('what a program before the last one had sent is not taken for what the last one has', async () => {
  await using server = await HostileServer.start({ asksForAcks: false })
  const disk = new Map<string, string>()
  /** The store of a program that ends without a word, and of the next one. */
  const program = () => {
    const state = { isDead: false }
    const write = async (changes: readonly Change[]): Promise<undefined> => {
      await new Promise(setImmediate)
      if (state.isDead) return
      for (const [key, value] of changes)
        if (value === undefined) disk.delete(key)
        else disk.set(key, value)
    }
    const store = () => ({ read: () => [...disk], write, close: () => undefined })
    return { state, options: { store, reconnect: false, patience: 0 } }
  }
  const first = program()
  const isMessage = ({ name }: Element): boolean => name === 'message'
  server.script.receive = (element, connection) => {
    if (!isMessage(element)) return
    if (connection.session !== undefined) connection.session.handled-- // it never arrived
    return true
  }
  const client = await online(server, [], first.options)
  const { messages } = client
  const message = messages.post('juliet@localhost', [])
  await server.until('message')
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  first.state.isDead = true
  server.connection.break()
  await next(client, 'state', ({ name }) => name === 'failed')

  const second = program()
  const asks = defineExtension({
    name: 'asks',
    start: (core) =>
      core.onSession('prepare', async () => {
        for (let asked = 0; asked < 3; asked++) await core.request('get', el('ping', 'urn:xmpp:ping'))
        second.state.isDead = true
        server.connection.break()
        await new Promise(() => undefined)
      }),
  })
  await assert.rejects(online(server, [asks], second.options), { kind: 'connect' })

  server.script = {}
  await using last = await online(server, [], program().options)
  const [again] = last.messages.unacknowledged
  assert.equal(again?.id, message.id)
  await again.reached('acked')
  assert.equal(server.received('message').filter(({ name }) => name === 'message').length, 2)
})

for (const goesOn of [true, false])
  test(`a program without messages that has gone on with ${goesOn ? 'the' : 'another'} session has not sent those of the one before`, async () => {
    await using server = await HostileServer.start({ asksForAcks: false })
    const disk = new Map<string, string>()
    const write = (changes: readonly Change[]): undefined => {
      for (const [key, value] of changes)
        if (value === undefined) disk.delete(key)
        else disk.set(key, value)
    }
    const ends = { store: () => ({ read: () => [...disk], write, close: () => undefined }), reconnect: false }
    const account = { jid: 'romeo@localhost', password: 'secret', service: server.service.xmpp, plaintext: true }
    server.script.receive = (element, connection) => {
      if (element.name !== 'message') return
      if (connection.session !== undefined) connection.session.handled-- // it never arrived
      return true
    }
    const first = await online(server, [], ends)
    const { id } = first.messages.post('juliet@localhost', [])
    await server.until('message')
    server.connection.break()
    await next(first, 'state', ({ name }) => name === 'failed')
    if (!goesOn) server.sessions.clear()

    const second = await connect({ ...account, ...ends })
    for (let asked = 0; asked < 5; asked++) await second.request('get', el('ping', 'urn:xmpp:ping'))
    server.connection.break()
    await next(second, 'state', ({ name }) => name === 'failed')

    server.script = {}
    await using last = await createClient({ ...account, ...ends, use: [messages] })
    const [message] = last.messages.unacknowledged
    assert.equal(message?.id, id)
    await last.connect()
    await message.reached('acked')
    assert.equal(server.received('message').length, 2)
    assert.equal(server.sessions.size, 1)
  })
