/** A client that is told this and that at any moment, by several at once, and from within what it tells. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as NS from '@rookery/protocol/namespaces'
import { STREAM_END, StreamError } from '@rookery/protocol/stream'
import { type Element, el } from '@rookery/protocol/xml'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { next } from '../../test/online.ts'
import { deferred } from '../contract/deferred.ts'
import {
  type ClientError,
  type ClientOptions,
  ConnectError,
  defineExtension,
  messages,
  type Platform,
  roster,
} from '../index.ts'
import { type Client, connect, createClient, nodePlatform } from '../node/index.ts'

type Made = Client<readonly [typeof messages]>

function options(server: HostileServer, more: Partial<ClientOptions> = {}) {
  const common = { jid: 'romeo@localhost', password: 'secret', service: server.service.xmpp, plaintext: true }
  return { ...common, ...more, use: [messages] as const }
}

function create(server: HostileServer, more?: Partial<ClientOptions>): Promise<Made> {
  return createClient(options(server, more))
}

const stopped = { name: 'DisconnectedError' }

for (const name of ['connecting', 'waiting'] as const) {
  test(`who disconnects when the state becomes "${name}" is left in peace`, async () => {
    await using server = await HostileServer.start()
    if (name === 'waiting') server.refuse()
    await using client = await create(server)
    client.on('state', (state) => {
      if (state.name === name) void client.disconnect()
    })
    const told: string[] = []
    client.on('state', (state) => told.push(state.name))
    await assert.rejects(client.connect(), stopped)
    assert.equal(client.state.name, 'offline')
    await client.disconnect()
    assert.deepEqual(told, [...new Set(['connecting', name, 'offline'])], 'each once, and in order')
    await server.accept()
    const other = await connect(options(server))
    await other.close()
    assert.equal(server.connections.length, 1)
  })
}

test('connect() during disconnect() waits for the end of the session, and begins a new one', async () => {
  await using server = await HostileServer.start()
  await using client = await create(server)
  await client.connect()
  const leaving = client.disconnect()
  await client.connect()
  await leaving
  assert.equal(client.state.name, 'online')
  assert.equal(server.sessions.size, 1)
  assert.equal(await client.request('get', el('ping', 'urn:xmpp:ping')), undefined)

  void client.disconnect()
  const again = client.connect()
  void client.disconnect() // the last word
  await assert.rejects(again, stopped)
  assert.equal(client.state.name, 'offline')
})

test('of two who connect, one may give up', async () => {
  await using server = await HostileServer.start({ script: { header: () => undefined } })
  await using client = await create(server, { attemptTimeout: 1_000 })
  const controller = new AbortController()
  const one = client.connect({ signal: controller.signal })
  const other = client.connect()
  controller.abort(new Error('mine'))
  await assert.rejects(one, /mine/)
  server.script = {}
  await other
  assert.equal(client.state.name, 'online')
})

test('a signal that is aborted as the client comes online is too late', async () => {
  await using server = await HostileServer.start()
  await using client = await create(server)
  const controller = new AbortController()
  client.on('state', ({ name }) => {
    if (name === 'online') controller.abort()
  })
  await client.connect({ signal: controller.signal })
  assert.equal(client.state.name, 'online')
})

test('on the way back, a signal ends only the waiting', async () => {
  await using server = await HostileServer.start()
  await using client = await create(server)
  await client.connect()
  server.connection.break()
  await next(client, 'state', ({ name }) => name === 'waiting')
  await assert.rejects(client.connect({ signal: AbortSignal.timeout(1) }), { name: 'TimeoutError' })
  await next(client, 'state', ({ name }) => name === 'online')
})

test('connect(options) takes a signal', async () => {
  await using server = await HostileServer.start({ script: { header: () => undefined } })
  const controller = new AbortController()
  const connecting = connect({ ...options(server), signal: controller.signal })
  await server.journal.until(({ what }) => what === 'connected by tcp')
  controller.abort(new Error('mine'))
  await assert.rejects(connecting, /mine/)
})

test('word of another network ends a try that hangs, and one that has just begun goes on', async () => {
  await using server = await HostileServer.start({ script: { header: () => undefined } })
  let skew = 0
  let changed: () => void = () => undefined
  const platform: Platform = {
    ...nodePlatform,
    clock: { ...nodePlatform.clock, now: () => Date.now() + skew },
    watchNetwork: (run) => {
      changed = run
      return () => undefined
    },
  }
  await using client = await create(server, { platform, attemptTimeout: 60_000, patience: 60_000 })
  const connecting = client.connect()
  await server.journal.until(({ what }) => what === 'connected by tcp')
  changed()
  assert.deepEqual(client.state, { name: 'connecting', attempt: 1 })
  skew = 5_000
  server.script = {}
  changed()
  await connecting
  assert.equal(server.connections.length, 2)
})

test('a loop that is begun when the client is closed is over', async () => {
  await using server = await HostileServer.start()
  const client = await create(server)
  await client.connect()
  await client.close()
  for await (const message of client.messages.read()) assert.fail(String(message))
})

test('connect() takes no longer than its patience, however long a try may take', async () => {
  await using server = await HostileServer.start({ script: { header: () => undefined } })
  await using client = await create(server, { patience: 100, attemptTimeout: 60_000 })
  await assert.rejects(client.connect(), { name: 'ConnectError', reason: 'timeout' })
})

test('a clock that is set while it connects for the first time makes its patience neither shorter nor endless', async () => {
  for (const jump of [1e12, -1e12]) {
    let skew = 0
    let tries = 0
    const unreachable = new ConnectError('unreachable', 'Nobody is there.')
    const platform: Platform = {
      ...nodePlatform,
      clock: {
        now: () => Date.now() + skew,
        after: (milliseconds, run) => nodePlatform.clock.after(milliseconds / 100, run),
      },
      discover: () => Promise.resolve(['xmpps://127.0.0.1:1']),
      open: () => {
        if (tries++ === 0) skew = jump
        return Promise.reject(unreachable)
      },
    }
    await using client = await createClient({ jid: 'romeo@localhost', password: 'secret', platform, patience: 30_000 })
    await assert.rejects(client.connect(), unreachable)
    assert.ok(tries > 2, `${tries} tries`)
  }
})

test('disconnect() waits 5 s for a server that does not answer, and not twice', async () => {
  await using server = await HostileServer.start()
  const waits: number[] = []
  const clock = {
    now: nodePlatform.clock.now,
    after: (milliseconds: number, run: () => void) => {
      waits.push(milliseconds)
      return nodePlatform.clock.after(milliseconds / 50, run)
    },
  }
  await using client = await create(server, { platform: { ...nodePlatform, clock } })
  await client.connect()
  server.connection.freeze()
  client.messages.post('juliet@localhost', [])
  waits.length = 0
  await client.disconnect()
  assert.ok(waits.reduce((sum, wait) => sum + wait, 0) < 6_000, waits.join(' '))
})

test('a loop can be asked for the next message before the last one has come', async () => {
  await using server = await HostileServer.start()
  await using client = await create(server)
  await client.connect()
  const loop = client.messages.read()
  const both = Promise.all([loop.next(), loop.next()])
  for (const id of ['one', 'two'])
    server.route(el('message', 'jabber:client', { from: 'juliet@localhost/a', to: client.jid!.toString(), id }))
  assert.deepEqual(
    (await both).map(({ value }) => value?.id),
    ['one', 'two'],
  )
})

test('a closed client says that it is', async () => {
  await using server = await HostileServer.start()
  const client = await create(server)
  await client.connect()
  await client.close()
  await client.close()
  await assert.rejects(client.connect(), { name: 'UsageError' })
  const message = client.messages.post('juliet@localhost', [])
  await assert.rejects(message.reached('acked'), { name: 'StoreError' })
})

test('a loop over messages throws why the client has failed, and is left alone by a first failure', async () => {
  await using server = await HostileServer.start()
  await using client = await create(server, { patience: 0 })
  const reading = client.messages.read().next()
  server.refuse()
  await assert.rejects(client.connect(), { reason: 'unreachable' })
  await server.accept()
  await client.connect()
  server.connection.error(new StreamError('conflict'))
  await assert.rejects(reading, { name: 'StreamClosedError', condition: 'conflict' })
})

test('a server that wants a second proof is not asked again and again', async () => {
  const text = 'Enter the code.'
  await using server = await HostileServer.start({
    sasl2: true,
    script: {
      send: (element) =>
        element.is('success', 'urn:xmpp:sasl:2')
          ? el('continue', element.ns, {}, [el('text', element.ns, {}, text)])
          : element,
    },
  })
  await using client = await create(server)
  await assert.rejects(client.connect(), { name: 'LoginError', reason: 'no-mechanism', message: /Enter the code\./ })
  assert.equal(server.connections.length, 1)
})

test('a place to resume at that shows a bad certificate is passed over', async () => {
  await using server = await HostileServer.start()
  await using stranger = await HostileServer.start()
  server.script.send = (element) =>
    element.name === 'enabled' ? element.with({ location: `127.0.0.1:${stranger.ports.tcp}` }) : element
  await using client = await create(server, { plaintext: false, tls: { ca: server.trust.ca } })
  await client.connect()
  server.connection.break()
  const state = await next(client, 'state', ({ name }) => name === 'online')
  assert.equal(state.name === 'online' && state.resumed, true)
  assert.equal(stranger.connections.length, 1)
})

for (const what of ['typed', 'proved'] as const) {
  test(`a client that is closed while its password is ${what} has nothing to tell afterwards`, async () => {
    await using server = await HostileServer.start()
    const [began, slowly] = [deferred<void>(), deferred<void>()]
    const wait = async <T>(answer: () => T): Promise<T> => {
      began.resolve()
      await slowly.promise
      return answer()
    }
    const { crypto } = nodePlatform
    const slow = {
      ...crypto,
      pbkdf2: async (...asked: Parameters<typeof crypto.pbkdf2>) => wait(() => crypto.pbkdf2(...asked)),
    }
    const more =
      what === 'typed' ? { password: () => wait(() => 'secret') } : { platform: { ...nodePlatform, crypto: slow } }
    const client = await create(server, more)
    const errors: ClientError[] = []
    client.on('error', (error) => errors.push(error))
    const connecting = assert.rejects(client.connect(), stopped)
    await began.promise
    await client.close()
    await connecting
    slowly.resolve()
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    assert.deepEqual(errors, [])
  })
}

test('who connects again when it has failed is not told of that failure', async () => {
  await using server = await HostileServer.start({ accounts: { romeo: 'another' } })
  await using client = await create(server)
  let again: Promise<undefined> | undefined
  client.on('state', ({ name }) => {
    if (name !== 'failed' || again !== undefined) return
    server.accounts.set('romeo', 'secret')
    again = client.connect()
  })
  await assert.rejects(client.connect(), { condition: 'not-authorized' })
  await again
  assert.equal(client.state.name, 'online')
})

test('a signal that is aborted when all but the last word is said leaves no connection', async () => {
  for (let turns = 0; turns < 16; turns++) {
    await using server = await HostileServer.start()
    const controller = new AbortController()
    const abort = defineExtension({
      name: 'abort',
      start: (core) =>
        core.onSession('appear', () => {
          let left = turns
          const next = (): void => (left-- > 0 ? queueMicrotask(next) : controller.abort())
          next()
        }),
    })
    await using client = await create(server)
    client.use(abort)
    await client.connect({ signal: controller.signal }).catch(() => server.closed())
  }
})

test('who asks after disconnect() is told at once, also where it came before the session had begun', async () => {
  await using server = await HostileServer.start()
  const began = deferred<void>()
  const slow = defineExtension({
    name: 'slow',
    start: (core) =>
      core.onSession('prepare', () => {
        began.resolve()
        return new Promise(() => undefined)
      }),
  })
  await using client = await create(server)
  client.use(slow)
  const connecting = assert.rejects(client.connect(), stopped)
  await began.promise
  await client.disconnect()
  await connecting
  await assert.rejects(client.request('get', el('ping', 'urn:xmpp:ping'), { timeout: 2_000 }), stopped)
})

test('what the beginning of a session asks while the connection is away is asked when it is back', async () => {
  await using server = await HostileServer.start()
  const [asked, away] = [deferred<void>(), deferred<void>()]
  const ping = el('ping', 'urn:xmpp:ping')
  const curious = defineExtension({
    name: 'curious',
    start: (core) =>
      core.onSession('prepare', async ({ resumed }) => {
        if (resumed) return
        await core.request('get', ping)
        asked.resolve()
        await away.promise
        await core.request('get', ping, { timeout: 60_000 })
      }),
  })
  await using client = await create(server, { attemptTimeout: 5_000 })
  client.use(curious)
  const connecting = client.connect()
  await asked.promise
  server.connection.break()
  await next(client, 'state', ({ name }) => name === 'waiting')
  away.resolve()
  await connecting
  assert.equal(server.connections.length, 2)
})

test('why a client is given up is told once, not again by those who waited for a connection', async () => {
  await using server = await HostileServer.start()
  const [begun, away] = [deferred<void>(), deferred<void>()]
  const curious = defineExtension({
    name: 'curious',
    start: (core) =>
      core.onSession('prepare', async () => {
        begun.resolve()
        await away.promise
        await core.request('get', el('ping', 'urn:xmpp:ping'))
      }),
  })
  await using client = await create(server)
  client.use(curious)
  const errors: ClientError[] = []
  client.on('error', (error) => void errors.push(error))
  client.on('state', ({ name }) => {
    if (name === 'waiting') away.resolve()
  })
  const connecting = assert.rejects(client.connect(), { kind: 'login' })
  await begun.promise
  server.accounts.set('romeo', 'another')
  server.connection.break()
  await connecting
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(errors, [])
})

test('what waits for connect() does not keep from it what it waits for itself', async () => {
  await using server = await HostileServer.start({ roster: [] })
  const long = el('body', NS.client, {}, 'x'.repeat(4_000))
  server.script.receive = (element, connection) => {
    if (element.child('query', 'jabber:iq:roster') !== undefined)
      for (let sent = 0; sent < 3; sent++)
        server.route(el('message', NS.client, { from: 'juliet@localhost/a', to: connection.session!.jid }, [long]))
    return false
  }
  await using client = await create(server, { maxUnhandled: 5_000, patience: 10_000 })
  client.use(roster)
  await client.connect()
  let read = 0
  for await (const _ of client.messages.read()) if (++read === 3) break
  assert.equal(server.connections.length, 1)
})

for (const way of ['disconnect()', 'a cut'] as const) {
  test(`what ${way} has kept a session from at its beginning is done when it goes on`, async () => {
    const juliet = el('item', 'jabber:iq:roster', { jid: 'juliet@localhost', subscription: 'both' })
    await using server = await HostileServer.start({ roster: [juliet] })
    const isRoster = (element: Element): boolean => element.child('query', 'jabber:iq:roster') !== undefined
    server.script.receive = (element, { number }) => number === 1 && isRoster(element)
    await using client = await create(server)
    const contacts = (): string[] => client.use(roster).contacts.map(({ jid }) => `${jid}`)
    assert.deepEqual(contacts(), [])
    const connecting = client.connect()
    await server.until(isRoster)
    if (way === 'a cut') server.connection.break()
    else {
      const failing = assert.rejects(connecting, stopped)
      await client.disconnect()
      await failing
    }
    await client.connect()
    assert.equal(server.received('bind').length, way === 'a cut' ? 1 : 2)
    assert.deepEqual(contacts(), ['juliet@localhost'])
    await connecting.catch(() => undefined)
  })
}

test('connect() does not wait for ever for a loop that never goes on', async () => {
  await using server = await HostileServer.start()
  const client = await create(server, { maxUnhandled: 5_000, patience: 300 })
  await client.connect()
  const { session } = server.connection
  void (async () => {
    for await (const _ of client.messages.read()) await new Promise(() => undefined)
  })().catch(() => undefined)
  const long = el('body', NS.client, {}, 'x'.repeat(4_000))
  for (let sent = 0; sent < 3; sent++)
    server.route(el('message', NS.client, { from: 'juliet@localhost/a', to: session!.jid }, [long]))
  await client.request('get', el('ping', 'urn:xmpp:ping'), { timeout: 100 }).catch(() => undefined)
  server.connection.break()
  await next(client, 'state', ({ name }) => name === 'resuming')
  await client.disconnect()
  await assert.rejects(client.connect(), { kind: 'disconnected' })
  await client.close()
})

for (const how of ['disconnect()', 'a signal'])
  test(`a session that ${how} ends at its beginning is ended in order`, async () => {
    await using server = await HostileServer.start({ roster: [] })
    const isRoster = (element: Element): boolean => element.child('query', 'jabber:iq:roster') !== undefined
    server.script.receive = isRoster
    await using client = await create(server)
    client.use(roster)
    const stop = new AbortController()
    const failing = assert.rejects(client.connect({ signal: stop.signal }))
    await server.until(isRoster)
    if (how === 'a signal') stop.abort()
    else await client.disconnect()
    await failing
    await server.closed()
    assert.equal(server.sessions.size, 0)
    assert.ok(server.journal.entries.some(({ kind, what }) => kind === 'received' && what === STREAM_END))
  })

test('a session that ends while the server says that it goes on is followed by another', async () => {
  await using server = await HostileServer.start()
  const [begun, over] = [deferred<void>(), deferred<void>()]
  const slow = defineExtension({
    name: 'slow',
    start: (core) => {
      core.onSession('prepare', () => {
        begun.resolve()
        return server.connections.length === 1 ? new Promise(() => undefined) : undefined
      })
      core.onSessionEnd(over.resolve)
    },
  })
  server.script.receive = async (element) => {
    if (element.name !== 'resume') return
    server.connections[0]!.break()
    await over.promise
    return
  }
  await using client = await create(server)
  client.use(slow)
  const controller = new AbortController()
  const connecting = client.connect({ signal: controller.signal })
  await begun.promise
  server.connection.freeze() // the end of its stream is not seen
  controller.abort(new Error('mine'))
  await assert.rejects(connecting, /mine/)
  await client.connect()
  assert.equal(client.state.name, 'online')
})

test('what is used when a session has begun begins then', async () => {
  await using server = await HostileServer.start()
  await using client = await create(server)
  await client.connect()
  const begun: unknown[] = []
  const late = defineExtension({
    name: 'late',
    start: (core) => {
      const isMade = { now: false }
      for (const phase of ['prepare', 'appear'] as const)
        core.onSession(phase, (start) => void begun.push([phase, isMade.now, start]))
      isMade.now = true
      return undefined
    },
  })
  client.use(late)
  await client.request('get', el('ping', 'urn:xmpp:ping'))
  const anew = { resumed: false, restored: false }
  assert.deepEqual(begun, [
    ['prepare', true, anew],
    ['appear', true, anew],
  ])
})

test('word of another network does not end what waits for a person', async () => {
  await using server = await HostileServer.start()
  let skew = 0
  let changed: () => void = () => undefined
  const platform: Platform = {
    ...nodePlatform,
    clock: { ...nodePlatform.clock, now: () => Date.now() + skew },
    watchNetwork: (run) => {
      changed = run
      return () => undefined
    },
  }
  let asked = 0
  // who types it has looked it up in another window
  const password = async (): Promise<string> => {
    asked++
    skew += 10_000
    changed()
    return 'secret'
  }
  await using client = await create(server, { platform, password })
  await client.connect()
  assert.equal(asked, 1)
})
