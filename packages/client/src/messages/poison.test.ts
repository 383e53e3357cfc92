/** Messages at which the server ends the connection, and servers that end connections for reasons of their own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as NS from '@rookery/protocol/namespaces'
import { StreamError } from '@rookery/protocol/stream'
import { type Element, el } from '@rookery/protocol/xml'
import type { Connection } from '../../../../test/client/harness/hostile-connection.ts'
import { type HostileOptions, HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { hurried } from '../../test/hurried.ts'
import { next, online } from '../../test/online.ts'
import { memoryStore, RequestError, type SentMessage } from '../index.ts'

const isPoison = (element: Element): boolean => element.attr('to') === 'poison@localhost'

/** Bodies in the order in which the server took them. It does harm at each stanza to `poison`, and takes nothing more on that connection. */
async function poisoned(options: HostileOptions, harm: (connection: Connection) => void) {
  const server = await HostileServer.start(options)
  const taken: (string | undefined)[] = []
  const harmed = new Set<Connection>()
  server.script.receive = (element, connection) => {
    if (isPoison(element) || harmed.has(connection)) {
      if (connection.session?.isManaged && element.ns === NS.client) connection.session.handled--
      if (!harmed.has(connection)) harm(connection)
      harmed.add(connection)
      return true
    }
    if (element.name === 'message') taken.push(element.childText('body'))
    return
  }
  return { server, taken }
}

const body = (text: string): Element => el('body', NS.client, {}, text)

const refusal = { kind: 'request', condition: 'policy-violation', type: 'modify' } as const

const harms: readonly (readonly [string, HostileOptions, (connection: Connection) => void])[] = [
  ['breaks the connection', {}, (connection) => connection.break()],
  ['breaks the connection, and manages no stream', { management: false }, (connection) => connection.break()],
  ['falls silent', {}, (connection) => connection.freeze()],
  ['ends the stream', {}, (connection) => connection.close()],
  ['says that it is malformed', {}, (connection) => connection.error(new StreamError('not-well-formed'))],
]

for (const [what, options, harm] of harms) {
  test(`a message at which the server ${what} fails, and those around it go once, in order`, async () => {
    const { server, taken } = await poisoned(options, harm)
    await using _ = server
    await using client = await online(server, [], { ...hurried, keepAlive: 10_000, answerWithin: 15_000 })
    const sent = ['a', 'b', 'poison', 'c', 'd'].map((local) =>
      client.messages.post(`${local === 'poison' ? local : 'juliet'}@localhost`, [body(local)]),
    )
    const [, , poison] = sent
    await assert.rejects(poison!.reached('acked'), refusal)
    for (const message of sent) if (message !== poison) await message.reached('acked')
    assert.deepEqual([...new Set(taken)], ['a', 'b', 'c', 'd']) // what comes twice in another session is known by its id
    assert.match(poison!.error!.message, /send less/)
    assert.ok(server.received().filter(isPoison).length <= 13)
    assert.deepEqual(client.messages.unacknowledged, [])
    poison!.retry()
    await assert.rejects(poison!.reached('acked'), refusal)
    await client.messages.post('juliet@localhost', []).reached('acked')
  })
}

test('a request at which the server breaks the connection is not sent for ever', async () => {
  const { server, taken } = await poisoned({}, (connection) => connection.break())
  await using _ = server
  await using client = await online(server, [], hurried)
  const payload = el('query', 'urn:example:poison')
  const asking = client.request('set', payload, { to: 'poison@localhost', timeout: 200_000 })
  const failing = assert.rejects(asking, { kind: 'disconnected' })
  await client.messages.post('juliet@localhost', [body('a')]).reached('acked')
  await failing
  assert.equal(server.received().filter(isPoison).length, 4)
  assert.deepEqual(taken, ['a'])
})

test('what waits behind a message that is suspected is not told as sent', async () => {
  let isSick = true
  const { server } = await poisoned({}, (connection) => isSick && connection.break())
  await using _ = server
  await using client = await online(server, [], hurried)
  const poison = client.messages.post('poison@localhost', [])
  await server.online(6)
  isSick = false
  while (server.received().filter(isPoison).length < 6) await new Promise(setImmediate)
  const after = client.messages.post('juliet@localhost', [])
  await client.request('get', el('ping', 'urn:xmpp:ping')).catch(() => undefined)
  assert.equal(poison.fate, 'sent')
  assert.equal(after.fate, 'queued')
})

const innocents: readonly (readonly [string, (connection: Connection) => void])[] = [
  ['is shut down', (connection) => connection.error(new StreamError('system-shutdown'))],
  ['has too much to do', (connection) => connection.error(new StreamError('resource-constraint'))],
]

for (const [what, harm] of innocents) {
  test(`a server that ${what} again and again fails no message`, async () => {
    const { server } = await poisoned({}, (connection) => server.connections.length < 9 && harm(connection))
    await using _ = server
    await using client = await online(server, [], { ...hurried, keepAlive: 10_000, answerWithin: 15_000 })
    const message = client.messages.post('poison@localhost', [])
    await server.online(9)
    assert.notEqual(message.fate, 'failed')
  })
}

test('a network that breaks three times in a row while a message is on its way costs neither the message nor the session', async () => {
  let breaks = 0
  const { server, taken } = await poisoned({}, (connection) => ++breaks <= 3 && connection.break())
  const harm = server.script.receive!
  server.script.receive = (element, connection) =>
    (breaks < 3 || server.connections.length < 4) && harm(element, connection)
  await using _ = server
  await using client = await online(server, [], hurried)
  const message = client.messages.post('poison@localhost', [body('a')])
  await message.reached('acked')
  assert.equal(breaks, 3)
  assert.equal(server.sessions.size, 1)
  assert.deepEqual(taken, [])
})

test('a network that breaks before anything is sent fails no message', async () => {
  await using server = await HostileServer.start()
  await using client = await online(server, [], hurried)
  server.script.connect = (connection) => {
    if (connection.number < 10) connection.cut({ direction: 'toServer', element: 3, where: 'within' })
  }
  server.connection.break()
  const message = client.messages.post('juliet@localhost', [])
  await message.reached('acked')
})

test('a limit on how much may be sent fails no message, when there is less to send', async () => {
  const { server } = await poisoned({}, (connection) => {
    // what comes at the start of the first sessions has used it up
    if (server.connections.length < 3) connection.error(new StreamError('policy-violation', 'too fast'))
    else connection.put(el('a', 'urn:xmpp:sm:3', { h: String(++connection.session!.handled) }))
  })
  await using _ = server
  await using client = await online(server, [], hurried)
  await client.messages.post('poison@localhost', []).reached('acked')
})

test('who disconnects while a message is not acknowledged blames nobody', async () => {
  const { server } = await poisoned({ asksForAcks: false }, () => undefined)
  await using _ = server
  const store = memoryStore()
  await using client = await online(server, [], { ...hurried, store })
  const message = client.messages.post('poison@localhost', [])
  for (let round = 0; round < 7; round++) {
    await server.online(round + 1)
    await client.disconnect()
    await client.connect()
  }
  assert.notEqual(message.fate, 'failed')
})

const limits = (most: number): Element =>
  el('limits', 'urn:xmpp:stream-limits:0', {}, [el('max-bytes', 'urn:xmpp:stream-limits:0', {}, String(most))])

test('a message that is larger than the server takes is refused at once [XEP-0478]', async () => {
  await using server = await HostileServer.start()
  server.script.features = (offered) => [...offered, limits(10_000)]
  await using client = await online(server, [], hurried)
  const lengths = (count: number, text: string): SentMessage =>
    client.messages.post('juliet@localhost', [body(text.repeat(count))])
  const long = lengths(10_000, 'x')
  assert.equal(long.fate, 'failed')
  assert.ok(long.error instanceof RequestError)
  assert.equal(lengths(4_990, 'ü').fate, 'failed')
  await lengths(4_500, 'ü').reached('acked')
  await lengths(9_000, 'x').reached('acked')
  assert.throws(() => lengths(1, 'x').retry())
})

test('one that was to be sent before the limit was known is refused then, and those behind it go', async () => {
  await using server = await HostileServer.start()
  await using client = await online(server, [], hurried)
  server.refuse()
  server.sessions.clear()
  server.connection.break()
  await next(client, 'state', ({ name }) => name === 'waiting')
  const [long, short] = [20_000, 10].map((length) =>
    client.messages.post('juliet@localhost', [body('x'.repeat(length))]),
  )
  assert.equal(long!.fate, 'queued')
  server.script.features = (offered) => [...offered, limits(10_000)]
  await server.accept()
  await short!.reached('acked')
  assert.equal(long!.fate, 'failed')
  assert.equal(server.received('message').length, 1)
})
