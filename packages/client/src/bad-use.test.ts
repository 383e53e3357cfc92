/** Wrong use by programs that no compiler has seen: a typed error with a sentence, and nothing is left behind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { next, online } from '../test/online.ts'
import { Bell } from '../test/waiting.ts'
import type { ClientMember } from './contract/extension.ts'
import {
  archive,
  archiveAdmin,
  avatars,
  blocking,
  bookmarks,
  type ClientCore,
  type ClientError,
  type ClientOptions,
  carbons,
  chat,
  defineExtension,
  disco,
  displayed,
  externalServices,
  ibb,
  invites,
  jingle,
  memoryStore,
  messages,
  nick,
  ping,
  presence,
  push,
  registration,
  rooms,
  roster,
  UsageError,
  upload,
  vcard,
  vcard4,
} from './index.ts'
import { connect, createClient, fileStore, nodePlatform, register } from './node/index.ts'

const wrong = (options: object): Promise<unknown> =>
  createClient({ jid: 'romeo@example.net', ...options } as unknown as ClientOptions)

const usage = (message: RegExp) => (error: unknown) => error instanceof UsageError && message.test(error.message)

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false

test('options of a wrong type are told by their name, and never by their value', async () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['password', 5],
    ['password', null],
    ['service', {}],
    ['use', 'roster'],
    ['use', ping],
    ['store', {}],
    ['reconnect', 'no'],
    ['patience', '5'],
    ['patience', Number.NaN],
    ['keepAlive', -1],
    ['device', {}],
    ['trace', 5],
    ['tls', 'secret'],
    ['platform', null],
  ]
  for (const [name, value] of cases)
    await assert.rejects(wrong({ [name]: value }), usage(new RegExp(`^The option "${name}" (?!.*secret)`)), name)
  await assert.doesNotReject(
    wrong({ password: undefined, use: undefined, keepAlive: Number.POSITIVE_INFINITY, local: 5 }),
  )
})

test('an address that is none is wrong use, whatever it is', async () => {
  for (const jid of [undefined, null, 5, {}, '', 'romeo@', 'romeo@local host']) {
    await assert.rejects(wrong({ jid }), usage(/is not an address/), String(jid))
    await assert.rejects(register({ jid, password: 'x' } as never), usage(/is not an address/), String(jid))
  }
  await assert.rejects((connect as () => Promise<unknown>)(), usage(/is not an address/))
  await using server = await startTestServer()
  await using client = await online(server, [ping, disco])
  for (const jid of [null, 5, {}, [], true]) {
    await assert.rejects(client.ping(jid as never), usage(/is not an address/))
    await assert.rejects(client.disco.info(jid as never), usage(/is not an address/))
  }
  assert.ok((await client.ping()) >= 0)
})

test('what is no extension is not used, and a refused one leaves the store to others', async () => {
  const start = (): undefined => undefined
  for (const extension of [undefined, null, {}, { name: 'x' }, { name: 'x', start: 5 }])
    await assert.rejects(wrong({ use: [extension] }), usage(/is no extension/))
  let isOpen = false
  const store: ClientOptions['store'] = async (account) => {
    assert.ok(!isOpen, 'the store is held')
    isOpen = true
    const opened = await memoryStore()(account)
    return {
      read: () => opened.read(),
      write: (changes) => opened.write(changes),
      close: () => {
        isOpen = false
        return opened.close()
      },
    }
  }
  for (const name of ['on', 'jid', 'close', 'constructor', 'then', '__proto__'])
    await assert.rejects(wrong({ store, use: [{ name, start }] }), usage(/cannot be called/), name)
  await assert.rejects(wrong({ store, use: [ping, ping] }), usage(/cannot be called "ping"/))
  const areAll: Same<keyof ClientCore | 'then', ClientMember> = true // for those whom the compiler tells
  assert.ok(areAll)
  assert.ok(!isOpen)
})

test('nothing, or what is no store, is told as wrong use before anything connects', async () => {
  for (const nothing of [null, undefined]) {
    await assert.rejects((createClient as (options: unknown) => Promise<unknown>)(nothing), usage(/is not an address/))
    await assert.rejects((connect as (options: unknown) => Promise<unknown>)(nothing), usage(/is not an address/))
    await assert.rejects((register as (options: unknown) => Promise<unknown>)(nothing), usage(/is not an address/))
  }
  // `store: fileStore`, without its folder, is the mistake that is easily made
  await assert.rejects(wrong({ store: fileStore }), usage(/"store" gives no store/))
  await assert.rejects(wrong({ store: memoryStore }), usage(/"store" gives no store/))
  await assert.rejects(wrong({ store: () => ({}) }), usage(/"store" gives no store/))
  assert.throws(() => fileStore(undefined as never), usage(/folder/))
  await assert.rejects(wrong({ signal: 5 }), usage(/"signal"/))
})

test('an address of another kind, or a very long one, is told in a short sentence', async () => {
  for (const jid of [10n, Symbol('x'), 'x@'.repeat(5_000)])
    await assert.rejects(
      wrong({ jid }),
      (error: Error) => usage(/is not an address/)(error) && error.message.length < 200,
    )
})

test('a signal, a time or options that are none are told by their name, whatever waits for them', async () => {
  await using server = await startTestServer()
  await using client = await online(server, [ping, disco, blocking])
  const { domain } = server
  const calls: Readonly<Record<string, (options: never) => Promise<unknown>>> = {
    connect: (options) => client.connect(options),
    request: (options) => client.request('get', el('ping', 'urn:xmpp:ping'), options),
    ping: (options) => client.ping(domain, options),
    info: (options) => client.disco.info(domain, options),
    server: (options) => client.disco.server(options),
    list: (options) => client.blocking.list(options),
  }
  const wrongs: readonly (readonly [unknown, RegExp])[] = [
    [{ signal: 5 }, /"signal"/],
    [{ signal: {} }, /"signal"/],
    [{ signal: new AbortController() }, /"signal"/],
    [{ timeout: '5' }, /"timeout"/],
    [{ timeout: null }, /"timeout"/],
    [{ timeout: Number.NaN }, /"timeout"/],
    [{ timeout: -1 }, /"timeout"/],
  ]
  for (const [name, call] of Object.entries(calls)) {
    for (const [options, message] of wrongs)
      await assert.rejects(call(options as never), usage(message), `${name} ${JSON.stringify(options)}`)
    if (name !== 'ping') await assert.rejects(call(null as never), usage(/"options"/), name)
    await assert.doesNotReject(call({ timeout: Number.POSITIVE_INFINITY } as never), name)
    await assert.doesNotReject(call({ timeout: 2 ** 40, signal: new AbortController().signal } as never), name)
    await assert.rejects(call({ signal: AbortSignal.abort('enough') } as never), (error) => error === 'enough', name)
  }
  await assert.rejects(wrong({ signal: new AbortController() }), usage(/"signal"/))
})

test('what cannot pick, a fate that is none and a signal that is none are refused at once, and nothing listens', async () => {
  await using server = await startTestServer()
  await using client = await online(server, [chat, jingle])
  const errors: unknown[] = []
  client.on('error', (error) => void errors.push(error))
  for (const pick of [undefined, null, 'chat', {}])
    assert.throws(() => client.messages.pick(pick as never), usage(/function/), String(pick))
  for (const signal of [5, {}, new AbortController()]) {
    assert.throws(() => client.messages.read({ signal } as never), usage(/"signal"/))
    assert.throws(() => client.chat.messages({ signal } as never), usage(/"signal"/))
    assert.throws(() => client.on('chat', () => undefined, { signal } as never), usage(/"signal"/))
  }
  assert.throws(() => client.messages.read(null as never), usage(/"options"/))
  assert.throws(() => client.on('chat', () => undefined, null as never), usage(/"options"/))
  await using other = await online(server, [chat])
  const came = next(client, 'chat')
  const sent = other.chat.send(client.jid!, 'Art thou there?')
  for (const fate of ['read', 'failed', undefined])
    await assert.rejects(sent.reached(fate as never), usage(/fate/), String(fate))
  assert.equal((await came).body, 'Art thou there?')
  for (const nothing of [undefined, null])
    await assert.rejects(client.jingle.initiate('x@example.net/x', [], nothing as never), usage(/application/))
  assert.deepEqual(errors, [])
})

test('what is no listener and no extension is refused at once', async () => {
  const client = await createClient({ jid: 'romeo@example.net', use: [chat] })
  for (const listener of [undefined, null, 5, {}, 'show'])
    assert.throws(() => client.on('chat', listener as never), usage(/"chat".*function/))
  for (const extension of [undefined, null, 5, {}, 'chat', () => chat])
    for (let again = 0; again < 2; again++) assert.throws(() => client.use(extension as never), usage(/no extension/))
  await client.close()
})

test('a message that is none is refused, and one that is not there cannot be named', async () => {
  const client = await createClient({ jid: 'romeo@example.net', use: [chat, rooms, presence, messages] })
  const to = 'juliet@example.net'
  for (const content of [undefined, null, 5, true, Symbol('x')])
    assert.throws(() => client.chat.send(to, content as never), usage(/text/), String(content))
  const room = client.rooms.get('verona@rooms.example.net')
  assert.throws(() => room.setState('typing' as never), usage(/composing/))
  for (const content of [undefined, null, 5]) assert.throws(() => room.send(content as never), usage(/text/))
  for (const nothing of [undefined, null, {}, { peer: to }]) {
    assert.throws(() => room.react(nothing as never, ['x']), usage(/no id/))
    assert.throws(() => client.chat.react(nothing as never, ['x']), UsageError)
    assert.throws(() => client.chat.retract(nothing as never), UsageError)
  }
  assert.throws(() => client.chat.react({ peer: to, id: 'm1' }, 'x' as never), usage(/list/))
  assert.throws(() => client.chat.markDisplayed(undefined as never), UsageError)
  assert.throws(() => client.chat.setState(to, undefined as never), usage(/composing/))
  assert.equal(client.messages.unacknowledged.length, 0)
  for (const show of ['available', 'busy', null, 5])
    assert.throws(() => client.presence.set({ show } as never), usage(/xa/))
  client.presence.set()
  assert.deepEqual(client.presence.own, {})
  await client.close()
})

test('a password that was not typed is one that is missing', async () => {
  await using server = await startTestServer()
  const { jid } = await server.createAccount()
  for (const typed of [null, undefined, ''])
    await assert.rejects(
      connect({
        jid,
        password: () => typed as string,
        service: `xmpp://127.0.0.1:${server.port}`,
        plaintext: true,
        patience: 0,
      }),
      { kind: 'login', reason: 'no-credentials' },
      String(typed),
    )
})

test('a password that cannot be is one that is missing', async () => {
  await using server = await startTestServer()
  const { jid } = await server.createAccount()
  const login = (password: string) =>
    connect({ jid, password, service: `xmpp://127.0.0.1:${server.port}`, plaintext: true })
  await assert.rejects(login(''), { kind: 'login', reason: 'no-credentials' })
  await assert.rejects(login('\u0000'), { kind: 'login', reason: 'no-credentials' })
})

test('a service without a host is no address of a service', async () => {
  for (const service of ['xmpp://', 'xmpps://', 'localhost', 'tcp://localhost:5222'])
    await assert.rejects(
      connect({ jid: 'romeo@example.net', password: 'x', service }),
      usage(/no address of a service/),
    )
})

test('what the server lacks is told as such, at once', async () => {
  const off = ['archive', 'blocking', 'carbons', 'displayed', 'pep', 'push', 'register', 'reporting', 'vcard']
  await using server = await startTestServer({ features: Object.fromEntries(off.map((name) => [name, false])) })
  const use = [
    archive,
    archiveAdmin,
    avatars,
    blocking,
    bookmarks,
    carbons,
    displayed,
    externalServices,
    invites,
  ] as const
  const more = [ibb, nick, push, registration, rooms, upload, vcard, vcard4] as const
  await using client = await online(server, [...use, ...more])
  const stranger = `stranger@${server.domain}`
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    query: () => client.archive.query().next(),
    preferences: () => client.archiveAdmin.preferences(),
    setPreferences: () => client.archiveAdmin.setPreferences({ default: 'never' }),
    avatar: () => client.avatars.publish({ data: Uint8Array.of(1) }),
    block: () => client.blocking.block(stranger),
    bookmark: () => client.bookmarks.add(stranger),
    carbons: () => client.carbons.enable(),
    noCarbons: () => client.carbons.disable(),
    displayed: () => client.displayed.mark(stranger, 'x'),
    external: () => client.externalServices.list(),
    invites: () => client.invites.create(),
    ibb: () => client.ibb.open(`${stranger}/phone`),
    nick: () => client.nick.publish('Romeo'),
    push: () => client.push.enable(server.domain),
    noPush: () => client.push.disable(server.domain),
    password: () => client.registration.changePassword('another'),
    rooms: () => client.rooms.list().next(),
    upload: () => client.upload.send(Uint8Array.of(1), { name: 'x' }),
    vcard: () => client.vcard.get(),
    setVcard: () => client.vcard.set({ fullName: 'Romeo' }),
    vcard4: () => client.vcard4.publish({ fullName: 'Romeo' }),
  }
  for (const [name, call] of Object.entries(calls)) await assert.rejects(call, { kind: 'unsupported' }, name)
  assert.equal(await client.rooms.service(), undefined)
  assert.equal(await client.upload.service(), undefined)
})

test('what goes wrong before connect() has answered is told to who listens then, and ends no program', async () => {
  await using server = await startTestServer()
  const { jid, password } = await server.createAccount()
  const account = { jid, service: `xmpp://127.0.0.1:${server.port}`, plaintext: true }
  const boom = new Error('boom')
  const uncaught: unknown[] = []
  const bell = new Bell()
  const caught = (error: unknown): void => {
    uncaught.push(error)
    bell.ring()
  }
  const listening = defineExtension({
    name: 'listening',
    start: (core) => {
      core.on('state', () => {
        throw boom
      })
    },
  })
  let isThrowing = true
  const trace = (): void => {
    if (isThrowing) throw boom
  }
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', caught)
  try {
    await using client = await connect({ ...account, password, trace, use: [listening] })
    isThrowing = false
    const errors: ClientError[] = []
    client.on('error', (error) => errors.push(error))
    await new Promise(setImmediate)
    assert.ok(errors.length > 4, `${errors.length}`)
    for (const error of errors) assert.deepEqual([error.kind, error.cause], ['listener', boom])
    isThrowing = true
    await assert.rejects(connect({ ...account, password: 'wrong', trace }), { kind: 'login' })
    await new Promise(setImmediate)
    assert.deepEqual(uncaught, [])
    // who does not listen has it from the platform
    await using deaf = await connect({ ...account, password, trace })
    await bell.until(() => uncaught.length > 4)
    isThrowing = false
    for (const error of uncaught) assert.equal((error as Error).cause, boom)
    assert.equal(deaf.state.name, 'online')
  } finally {
    process.off('uncaughtException', caught)
    for (const other of others) process.on('uncaughtException', other)
  }
})

test('an extension that throws when it is started is no extension, and may be used again', async () => {
  const client = await createClient({ jid: 'romeo@example.net' })
  const boom = new Error('boom')
  let tries = 0
  const fragile = defineExtension({
    name: 'fragile',
    features: ['urn:example:fragile'],
    start: () => {
      if (++tries < 3) throw boom
      return { tries }
    },
  })
  for (let again = 0; again < 2; again++) assert.throws(() => client.use(fragile), boom)
  assert.equal(client.use(disco).own.features.includes('urn:example:fragile'), false)
  assert.deepEqual(client.use(fragile), { tries: 3 })
  assert.equal(client.use(fragile), client.use(fragile))
  assert.ok(client.use(disco).own.features.includes('urn:example:fragile'))
  await client.close()
})

test('a trace that throws breaks nothing, whenever it does, and each time it is told', async () => {
  await using server = await startTestServer()
  const { jid, password } = await server.createAccount()
  for (const isAsync of [false, true]) {
    const boom = new Error('boom')
    let shown = 0
    const errors: ClientError[] = []
    await using client = await createClient({
      jid,
      password,
      service: `xmpp://127.0.0.1:${server.port}`,
      plaintext: true,
      use: [chat, presence, roster, rooms, archive, carbons, ping],
      trace: () => {
        shown++
        if (isAsync) return Promise.reject(boom) as never
        throw boom
      },
    })
    client.on('error', (error) => errors.push(error))
    await client.connect()
    await client.chat.send(client.jid!.bare, 'Hear my soul speak.').reached('acked')
    assert.ok((await client.ping()) >= 0)
    await new Promise(setImmediate)
    assert.ok(shown > 10)
    assert.equal(errors.length, shown)
    for (const error of errors) assert.deepEqual([error.kind, error.cause], ['listener', boom])
  }
})

test('an extension that does not finish leaving holds up the end until it is too late, and no longer', async () => {
  await using server = await startTestServer()
  const { clock } = nodePlatform
  let late = (): void => undefined
  let isOver = false
  const lingers = defineExtension({
    name: 'lingers',
    start: (core) => {
      core.onDisconnect((signal) => {
        signal.addEventListener('abort', () => {
          isOver = true
        })
        queueMicrotask(late)
        return new Promise(() => undefined)
      })
      return {}
    },
  })
  const client = await online(server, [lingers], {
    platform: {
      ...nodePlatform,
      clock: {
        now: clock.now,
        after: (milliseconds, run) => {
          if (milliseconds === 5_000) late = run
          return clock.after(milliseconds, run)
        },
      },
    },
  })
  const began = performance.now()
  await client.disconnect()
  assert.ok(isOver)
  assert.ok(performance.now() - began < 5_000)
  await client.close()
})
