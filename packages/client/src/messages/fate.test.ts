/** What becomes of a message where those who watch it misbehave, and where answers come in an odd order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as NS from '@rookery/protocol/namespaces'
import { StanzaError } from '@rookery/protocol/stanza'
import { StreamError } from '@rookery/protocol/stream'
import { el } from '@rookery/protocol/xml'
import type { Connection } from '../../../../test/client/harness/hostile-connection.ts'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { isStanza } from '../../../../test/client/harness/valve.ts'
import { hurried } from '../../test/hurried.ts'
import { next, online, timeless } from '../../test/online.ts'
import { within } from '../../test/waiting.ts'
import {
  type Change,
  type Client,
  type ClientError,
  chat,
  DisconnectedError,
  defineExtension,
  type Fate,
  memoryStore,
  messages,
} from '../index.ts'
import { connect, createClient } from '../node/index.ts'

const juliet = 'juliet@localhost'
const options = (server: HostileServer) =>
  ({
    jid: 'romeo@localhost',
    password: 'secret',
    service: server.service.xmpp,
    plaintext: true,
    use: [messages],
  }) as const

test('a listener of a fate that throws or rejects harms nobody, and is told', async () => {
  await using server = await HostileServer.start()
  await using client = await online(server, [])
  const errors: ClientError[] = []
  client.on('error', (error) => void errors.push(error))
  const [one, two] = [client.messages.post(juliet, []), client.messages.post(juliet, [])]
  one.onChange(() => {
    throw new Error('thrown')
  })
  one.onChange(() => Promise.reject(new Error('rejected')))
  await two.reached('acked')
  assert.equal(one.fate, 'acked')
  await new Promise(setImmediate)
  assert.deepEqual(errors.map(({ kind, cause }) => `${kind}: ${(cause as Error).message}`).sort(), [
    'listener: rejected',
    'listener: thrown',
  ])
})

test('the acknowledgement of what was refused says nothing of the message that was sent in its place', async () => {
  let refused = 0
  let isSilent = true
  await using server = await HostileServer.start({ asksForAcks: false })
  server.script.receive = (element, connection) => {
    if (element.name === 'r') return isSilent
    if (element.name !== 'message' || refused++ > 0) return
    const error = new StanzaError('recipient-unavailable').toElement()
    const id = element.attr('id')
    connection.send(el('message', NS.client, { from: juliet, to: client.jid!.toString(), type: 'error', id }, [error]))
    return true
  }
  await using client = await online(server, [])
  const message = client.messages.post(juliet, [])
  const fates: Fate[] = []
  message.onChange(({ fate }) => {
    fates.push(fate)
    if (fate === 'failed') message.retry()
  })
  await server.until('message', 2)
  server.connection.put(el('a', 'urn:xmpp:sm:3', { h: '1' }))
  await client.request('get', el('ping', 'urn:xmpp:ping'))
  assert.equal(message.fate, 'sent')
  isSilent = false
  server.connection.break()
  await next(client, 'state', ({ name }) => name === 'online')
  await message.reached('acked')
  assert.deepEqual(fates, ['failed', 'queued', 'sent', 'acked'])
  assert.equal(server.received('message').length, 2)
})

test('what is sent while the server is asked is asked for as soon as it has answered', async () => {
  await using server = await HostileServer.start({ asksForAcks: false })
  await using client = await online(server, [], { platform: timeless })
  server.script.receive = (element) => element.name === 'r'
  const first = client.messages.post(juliet, [])
  await server.until('r')
  const message = client.messages.post(juliet, [])
  while (server.received('message').length < 2) await new Promise(setImmediate)
  server.script = {}
  server.connection.put(el('a', 'urn:xmpp:sm:3', { h: '1' }))
  await first.reached('acked')
  await within(message.reached('acked'), 'the acknowledgement')
})

test('a store that throws is like one that rejects', async () => {
  let isBroken = false
  await using server = await HostileServer.start()
  const store = () => ({
    read: () => [],
    write: () => {
      if (isBroken) throw new Error('full')
      return undefined
    },
    close: () => undefined,
  })
  await using client = await online(server, [], { store })
  client.on('error', () => undefined)
  isBroken = true
  await assert.rejects(client.messages.post(juliet, []).reached('acked'), { name: 'StoreError' })
})

const ends: readonly [
  how: string,
  service: 'xmpp' | 'ws',
  times: number,
  kind: string,
  end: (at: Connection) => void,
][] = [
  ['with an error', 'xmpp', 3, 'stream', (at) => at.error(new StreamError('policy-violation', 'too large'))],
  ['with a code', 'ws', 3, 'stream', (at) => at.closeWith(1009)],
  ['without a word', 'xmpp', 13, 'connect', (at) => at.break()],
  ['without a word, in order', 'xmpp', 13, 'connect', (at) => at.break('end')],
]
for (const [how, service, times, kind, end] of ends)
  test(`a message that each stream ends at (${how}) fails in the end, and does not stop those after it`, async () => {
    await using server = await HostileServer.start()
    const over = new Set<Connection>()
    server.script.receive = (element, connection) => {
      const isPoison = element.attr('to') === 'poison@localhost'
      if (!isPoison && !over.has(connection)) return
      if (isStanza(element) && connection.session !== undefined) connection.session.handled-- // neither it nor what came behind it
      over.add(connection)
      if (isPoison) end(connection)
      return true
    }
    await using client = await online(server, [], { ...hurried, service: server.service[service] })
    const [before, poison, after] = ['a', 'poison', 'b'].map((local) => client.messages.post(`${local}@localhost`, []))
    await after!.reached('acked')
    assert.equal(before!.fate, 'acked')
    await assert.rejects(poison!.reached('acked'), { kind: 'request', condition: 'policy-violation' })
    assert.equal((poison!.error!.cause as ClientError).kind, kind)
    const poisoned = server.received('message').filter((element) => element.attr('to') === 'poison@localhost')
    assert.equal(poisoned.length, times)
    assert.deepEqual(client.messages.unacknowledged, [])
  })

test('what waits can be taken back, is forgotten by the store, and can be sent later', async () => {
  const store = memoryStore()
  await using server = await HostileServer.start()
  const kept = await createClient({ ...options(server), store })
  const [one, two, three] = ['one', 'two', 'three'].map((body) =>
    kept.messages.post(juliet, [el('body', NS.client, {}, body)]),
  )
  assert.equal(two!.cancel(), true)
  assert.equal(two!.cancel(), false)
  assert.equal(two!.fate, 'failed')
  assert.equal(two!.error?.kind, 'usage')
  await assert.rejects(two!.reached('acked'), { kind: 'usage' })
  assert.deepEqual(kept.messages.unacknowledged, [one, three])
  // a listener that has seen enough
  const stop = three!.onChange(({ fate }) => void (fate === 'queued' && three!.cancel()))
  three!.cancel()
  three!.retry()
  stop()
  assert.deepEqual([three!.fate, kept.messages.unacknowledged], ['failed', [one]])
  await kept.close()

  await using client = await connect({ ...options(server), store })
  assert.equal(client.messages.unacknowledged.length, 1)
  const sent = client.messages.post(juliet, [el('body', NS.client, {}, 'four')])
  await sent.reached('acked')
  assert.equal(sent.cancel(), false)
  assert.equal(sent.fate, 'acked')
  const bodies = (): (string | undefined)[] => server.received('message').map((message) => message.childText('body'))
  assert.deepEqual(bodies(), ['one', 'four'])
})

test('what was sent in a session that is lost is not sent again when it is taken back, whoever finds it meanwhile', async () => {
  await using server = await HostileServer.start({ management: false })
  await using client = await online(server, [])
  server.script.receive = (element) => element.name === 'message' || element.firstElement()?.name === 'ping'
  const sent = client.messages.post(juliet, [el('body', NS.client, {}, 'one')])
  await server.until('message')
  const asked = new Promise<void>((resolve) =>
    client.messages.reconcile(async (unsure) => {
      sent.cancel()
      resolve()
      return new Set(unsure)
    }),
  )
  server.script.receive = () => undefined
  server.connection.break()
  await asked
  const next = client.messages.post(juliet, [el('body', NS.client, {}, 'two')])
  await next.reached('acked')
  assert.equal(sent.fate, 'failed')
  assert.deepEqual(
    server.received('message').map((message) => message.childText('body')),
    ['one', 'two'],
  )
})

test('what is known to have arrived, or was refused, before its turn comes again is not sent again', async () => {
  await using server = await HostileServer.start({ asksForAcks: false })
  await using client = await online(server, [chat])
  const texts = ['delivered', 'refused', 'unknown']
  server.script.receive = (element, connection) => {
    if (element.name !== 'message' || connection.session === undefined) return
    connection.session.handled--
    return true
  }
  const [delivered, refused, unknown] = texts.map((text) => client.chat.send(juliet, text))
  await server.until('message', 3)
  const fates: Fate[] = []
  refused!.onChange(({ fate }) => void fates.push(fate))
  client.use(
    defineExtension({
      name: 'late',
      start: (core) =>
        core.onSession('prepare', async () => {
          const from = `${juliet}/a`
          const to = core.jid!.toString()
          const received = el('received', 'urn:xmpp:receipts', { id: delivered!.id })
          server.connection.send(el('message', NS.client, { from, to }, [received]))
          const error = new StanzaError('recipient-unavailable').toElement()
          server.connection.send(el('message', NS.client, { from, to, type: 'error', id: refused!.id }, [error]))
          await core.request('get', el('ping', 'urn:xmpp:ping'))
        }),
    }),
  )
  server.script = {}
  server.sessions.clear()
  server.connection.break()
  await unknown!.reached('acked')
  assert.deepEqual([delivered!.fate, fates], ['delivered', ['queued', 'failed']])
  assert.deepEqual(
    server.received('message').map((message) => message.childText('body')),
    [...texts, 'unknown'],
  )
  assert.deepEqual(client.messages.unacknowledged, [])
})

test('what a device of the recipient has does not fail, whatever another one says', async () => {
  await using server = await HostileServer.start()
  await using client = await online(server, [chat])
  const [first, second] = ['one', 'two'].map((text) => client.chat.send(juliet, text))
  const to = client.jid!.toString()
  const received = el('received', 'urn:xmpp:receipts', { id: first!.id })
  server.route(el('message', NS.client, { from: `${juliet}/a`, to, id: 'r' }, [received]))
  await first!.reached('delivered')
  for (const { id } of [first!, second!]) {
    const error = new StanzaError('recipient-unavailable').toElement()
    server.route(el('message', NS.client, { from: juliet, to, type: 'error', id }, [error]))
  }
  await assert.rejects(second!.reached('displayed'), { kind: 'request' })
  assert.equal(first!.fate, 'delivered')
})

test('what comes while a client connects for the first time is told to who listens when connect() has answered', async () => {
  await using server = await HostileServer.start()
  const store = memoryStore()
  const before = await connect({ ...options(server), store })
  const lost = next(before, 'state', ({ name }) => name !== 'online')
  server.script.connect = (connection) => connection.break()
  server.connection.break()
  await lost
  await before.close()
  const [session] = server.sessions.values()
  const say = (body: string): void =>
    session!.send(
      el('message', NS.client, { from: `${juliet}/b`, to: session!.jid, type: 'chat', id: body }, [
        el('body', NS.client, {}, body),
      ]),
    )
  say('one')
  say('two')
  server.script.connect = () => undefined

  await using after = await connect({ ...options(server), store })
  assert.equal(`${after.jid}`, session!.jid) // the session goes on: they came with it
  const heard: (string | undefined)[] = []
  const last = next(after, 'message', ({ body }) => body === 'three')
  after.on('message', ({ body }) => void heard.push(body))
  say('three')
  await last
  assert.deepEqual(heard, ['one', 'two', 'three'])
})

test('a message that comes before an answer is told before it, from the beginning', async () => {
  await using server = await HostileServer.start()
  server.script.receive = (element, connection) => {
    if (element.firstElement()?.name !== 'ping') return undefined
    const to = connection.session?.jid
    connection.send(
      el('message', NS.client, { from: `${juliet}/b`, to, type: 'chat' }, [el('body', NS.client, {}, 'x')]),
    )
    return undefined
  }
  for (let times = 0; times < 5; times++) {
    await using client = await online(server, [])
    const heard: (string | undefined)[] = []
    client.on('message', ({ body }) => void heard.push(body))
    await client.request('get', el('ping', 'urn:xmpp:ping'))
    assert.deepEqual(heard, ['x'])
  }
})

test('what was sent in a session that is lost is looked for again where the connection breaks over it', async () => {
  await using server = await HostileServer.start({ asksForAcks: false })
  await using client = await online(server, [], hurried)
  server.script.receive = ({ name }) => name === 'r'
  const sent = client.messages.post(juliet, [])
  await server.until('message')
  let asked = 0
  client.messages.reconcile(async (unsure) => {
    if (asked++ > 0) return new Set(unsure)
    const lost = next(client, 'state', ({ name }) => name === 'waiting')
    server.connection.break()
    await lost
    throw new DisconnectedError()
  })
  server.script = {}
  server.sessions.clear()
  server.connection.break()
  await sent.reached('acked')
  assert.equal(server.sessions.size, 1)
  assert.deepEqual([asked, server.received('message').length], [2, 1])
})

test('what was sent before a restart is looked for where messages are used later than at the start', async () => {
  await using server = await HostileServer.start({ asksForAcks: false })
  server.script.receive = ({ name }) => name === 'r'
  const store = memoryStore()
  const before = await online(server, [], { store, reconnect: false })
  before.messages.post(juliet, [])
  await server.until('message')
  server.sessions.clear()
  server.connection.break()
  await next(before, 'state', ({ name }) => name === 'failed')
  await before.close()

  await using client = await connect({ ...options(server), use: [], store })
  const later = client.use(messages)
  later.reconcile(async (unsure) => new Set(unsure))
  const message = later.post(juliet, [])
  server.script = {}
  await message.reached('acked')
  assert.deepEqual(later.unacknowledged, [])
  assert.deepEqual(
    server.received('message').map((element) => element.attr('id') === message.id),
    [false, true],
  )
})

test('messages that are used later than at the start are told as they come', async () => {
  await using server = await HostileServer.start()
  await using client = await connect({ ...options(server), use: [] })
  client.use(messages)
  const told = next(client as Client<readonly [typeof messages]>, 'message')
  server.route(el('message', 'jabber:client', { from: juliet, to: `${client.jid}` }))
  await told
})

test('what a program that crashed may have sent is looked for before it is sent again', async () => {
  await using server = await HostileServer.start({ asksForAcks: false })
  server.script.receive = ({ name }) => name === 'r'
  const disk = new Map<string, string>()
  let isDead = false
  const store = () => ({
    read: () => [...disk],
    write: (changes: readonly Change[]) => {
      for (const [key, value = ''] of changes) {
        isDead ||= key.startsWith('out/') && disk.has(key) // before the number of what is sent could be written
        if (!isDead) disk.set(key, value)
      }
      return undefined
    },
    close: () => undefined,
  })
  const crashed = await online(server, [], { store, reconnect: false })
  const { id } = crashed.messages.post(juliet, [])
  await server.until('message')
  server.sessions.clear()
  server.connection.break()
  await next(crashed, 'state', ({ name }) => name === 'failed')

  isDead = false
  await using client = await createClient({ ...options(server), store })
  const asked: string[] = []
  client.messages.reconcile(async (unsure) => {
    asked.push(...unsure.map((message) => message.id))
    return new Set(unsure)
  })
  await client.connect()
  assert.deepEqual([asked, client.messages.unacknowledged], [[id], []])
  assert.equal(server.received('message').length, 1)
})
