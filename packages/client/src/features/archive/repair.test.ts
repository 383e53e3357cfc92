import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseJid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { Message, presence } from '@rookery/protocol/stanza'
import { hint } from '@rookery/protocol/xeps/hints'
import { MAM_NS } from '@rookery/protocol/xeps/mam'
import { el } from '@rookery/protocol/xml'
import { startTestServer, type TestAccount, type TestServer } from '@rookery/testkit'
import { CuttingProxy } from '../../../../../test/client/harness/cutting-proxy.ts'
import { next } from '../../../test/waiting.ts'
import {
  archive,
  archiveWith,
  type Client,
  chat,
  defineExtension,
  memoryStore,
  messages,
  type OpenStore,
  type Platform,
  type ReceivedMessage,
} from '../../index.ts'
import { connect, createClient, fileStore, nodePlatform } from '../../node/index.ts'
import { systemClock } from '../../platform/clock.ts'

/** Is there for messages, in every session. */
const present = defineExtension({
  name: 'present',
  start: (core) => {
    core.onSession('appear', ({ resumed }) => {
      if (!resumed) core.send(presence(undefined, undefined, 'available'))
    })
    return undefined
  },
})

const use = [archive, messages, present] as const
type Use = typeof use

interface Scene extends AsyncDisposable {
  readonly server: TestServer
  readonly proxy: CuttingProxy
  readonly romeo: TestAccount
  readonly juliet: Client<readonly [typeof messages]>
  /** A message of Juliet's that the server has. */
  says(...bodies: string[]): Promise<void>
}

/** Sessions cannot be resumed, unless told. */
async function scene(resumeSeconds = 0): Promise<Scene> {
  const server = await startTestServer({ management: { resumeSeconds } })
  const romeo = await server.createAccount({ local: 'romeo' })
  const proxy = await CuttingProxy.to(server.port)
  const account = await server.createAccount({ local: 'juliet' })
  const juliet = await connect({
    ...account,
    service: `xmpp://127.0.0.1:${server.port}`,
    plaintext: true,
    use: [messages],
  })
  return {
    server,
    proxy,
    romeo,
    juliet,
    async says(...bodies) {
      const sent = bodies.map((body) => juliet.messages.post(romeo.jid, [el('body', NS.client, {}, body)]))
      for (const one of sent) await one.reached('acked')
    },
    async [Symbol.asyncDispose]() {
      await juliet.close()
      await proxy.stop()
      await server.stop()
    },
  }
}

async function login(
  { proxy, romeo }: Scene,
  store: OpenStore,
  options: { readonly use?: typeof use; readonly reconnect?: boolean; readonly platform?: Platform } = {},
): Promise<Client<Use>> {
  return await connect({
    jid: romeo.jid,
    password: romeo.password,
    service: `xmpp://127.0.0.1:${proxy.port}`,
    plaintext: true,
    store,
    use,
    ...options,
  })
}

/** Reads so many messages of a client. */
async function read(client: Client<Use>, count: number): Promise<string[]> {
  const bodies: string[] = []
  if (count > 0)
    for await (const message of client.messages.read()) {
      bodies.push(message.body ?? '')
      if (bodies.length === count) break
    }
  return bodies
}

/** That nothing more comes: one more message, and it is the next. */
async function isQuiet(scene: Scene, client: Client<Use>): Promise<void> {
  await scene.says('the end')
  assert.deepEqual(await read(client, 1), ['the end'])
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `number ${from + index}`)

test('a client that starts for the first time is given nothing that was before it', async () => {
  await using stage = await scene()
  const store = memoryStore()
  await using first = await login(stage, store)
  await stage.says('one', 'two')
  assert.deepEqual(await read(first, 2), ['one', 'two'])
  await first.close()

  await using other = await login(stage, memoryStore())
  await other.archive.caughtUp()
  await isQuiet(stage, other)
  await other.close()
})

test('a client that starts for the first time gets everything when it asks for it', async () => {
  await using stage = await scene()
  await using first = await login(stage, memoryStore())
  await stage.says(...numbered(1, 5))
  await read(first, 5)
  await first.close()

  await using other = await login(stage, memoryStore(), {
    use: [archiveWith({ catchUp: 'all', pageSize: 2 }), messages, present],
  })
  assert.deepEqual(await read(other, 5), numbered(1, 5))
  await isQuiet(stage, other)
  await other.close()
})

test('what was missed while a program did not run comes once, in order, offline messages as well', async () => {
  await using stage = await scene()
  const folder = await mkdtemp(join(tmpdir(), 'rookery-archive-'))
  try {
    const store = fileStore(folder)
    await using first = await login(stage, store)
    await stage.says('one', 'two')
    assert.deepEqual(await read(first, 2), ['one', 'two'])
    await first.close()

    await stage.says(...numbered(1, 300))
    await using second = await login(stage, store)
    const got: ReceivedMessage[] = []
    for await (const message of second.messages.read()) if (got.push(message) === 300) break
    assert.deepEqual(
      got.map(({ body }) => body),
      numbered(1, 300),
    )
    assert.ok(got.every(({ way }) => way.archived !== undefined))
    await isQuiet(stage, second)
    await second.close()

    await using third = await login(stage, store)
    await third.archive.caughtUp()
    await isQuiet(stage, third)
    await third.close()
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a connection that is cut, and a session that cannot be resumed, lose nothing and double nothing', async () => {
  await using stage = await scene()
  await using client = await login(stage, memoryStore())
  const got: string[] = []
  const counts: number[] = []
  client.on('message', ({ body }) => void got.push(body ?? ''))
  client.on('archive:repaired', ({ count }) => void counts.push(count))
  await client.archive.caughtUp()
  await stage.says('one')
  await arrival(client, got, 'one')

  await stage.proxy.refuse()
  stage.proxy.link.break()
  await stage.says(...numbered(1, 120))
  const repaired = next(client, 'archive:repaired')
  await stage.proxy.accept()
  await repaired
  await stage.says('two')
  await arrival(client, got, 'two')
  assert.deepEqual(got, ['one', ...numbered(1, 120), 'two'])
  assert.equal(counts.at(-1), 120)
  await client.close()
})

/** Resolves when this has come. */
async function arrival(client: Client<Use>, got: readonly string[], body: string): Promise<void> {
  if (!got.includes(body)) await next(client, 'message', (message) => message.body === body)
}

test('a program that dies within the repair is given again what it has not dealt with, and nothing is lost', async () => {
  await using stage = await scene()
  const store = copied()
  await using first = await login(stage, store.open)
  await stage.says('one')
  assert.deepEqual(await read(first, 1), ['one'])
  await first.close()
  await stage.says(...numbered(1, 130))

  await using second = await login(stage, store.open)
  const got = await read(second, 70)
  await new Promise((resolve) => setTimeout(resolve)) // the last one counts in the next turn
  // it dies: what it writes from now on is not there afterwards
  const then = store.copy()
  await second.close()

  await using third = await login(stage, then)
  const rest = await read(third, 60)
  assert.deepEqual([...got, ...rest], numbered(1, 130))
  await isQuiet(stage, third)
  await third.close()
})

test('a program that ends before it was online is given again what it missed, also where it has written something since', async () => {
  await using stage = await scene()
  const store = memoryStore()
  const { proxy, romeo } = stage
  const options = { ...romeo, service: `xmpp://127.0.0.1:${proxy.port}`, plaintext: true, store }
  const before = await connect({ ...options, use: [archive, messages] }) // and is not there for messages
  await before.archive.caughtUp()
  await stage.says('missed')
  await before.messages.post('juliet@localhost', [el('body', NS.client, {}, 'mine')]).reached('acked')
  await before.close()
  const [slow, asked] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
  const hurried = await createClient({
    ...options,
    use,
    trace: (direction, element) => {
      if (direction === 'in' && typeof element !== 'string' && element.child('fin', MAM_NS)) asked.resolve(undefined)
    },
  })
  hurried.use(defineExtension({ name: 'slow', start: (core) => core.onSession('prepare', () => slow.promise) }))
  const connecting = assert.rejects(hurried.connect())
  await asked.promise
  await new Promise((resolve) => setImmediate(resolve))
  await hurried.close()
  slow.resolve(undefined)
  await connecting
  await using after = await login(stage, store)
  assert.deepEqual(await read(after, 1), ['missed'])
  await isQuiet(stage, after)
})

test('what comes with a session whose beginning was cut off waits for what was missed', async () => {
  await using stage = await scene(60)
  const store = memoryStore()
  const earlier = await login(stage, store)
  await earlier.archive.caughtUp()
  await earlier.close()
  // pauses are short, and answers have their time
  const hurried = {
    ...systemClock,
    after: (milliseconds: number, run: () => void) =>
      systemClock.after(milliseconds <= 5_000 ? milliseconds / 50 : milliseconds, run),
  }
  let tries = 0
  const cut = defineExtension({
    name: 'cut',
    start: (core) =>
      core.onSession('prepare', () => {
        if (++tries > 1) return undefined
        stage.proxy.links.at(-1)?.break()
        return new Promise(() => undefined)
      }),
  })
  await using client = await createClient({
    jid: stage.romeo.jid,
    password: stage.romeo.password,
    service: `xmpp://127.0.0.1:${stage.proxy.port}`,
    plaintext: true,
    store,
    use: [...use, cut] as const,
    reconnect: false,
    patience: 0,
    platform: { ...nodePlatform, clock: hurried },
  })
  const got: string[] = []
  client.on('message', ({ body = '' }) => void got.push(body))
  await assert.rejects(client.connect(), { kind: 'connect' })
  await client.archive.caughtUp() // it has given up asking, where there is no connection
  await stage.says('one')
  const toDevice = stage.juliet.messages.post(client.jid!, [el('body', NS.client, {}, 'two')])
  await toDevice.reached('acked')
  await client.connect()
  await client.archive.caughtUp()
  assert.deepEqual(got, ['one', 'two'])
})

test('much that comes with a session that goes on waits for what was missed, and is in its order', async () => {
  await using stage = await scene(60)
  const store = copied()
  await using first = await login(stage, store.open)
  await first.archive.caughtUp()
  const began = next(first, 'message')
  void (async () => {
    for await (const _ of first.messages.read()) await new Promise(() => undefined) // it is busy with the first
  })()
  await stage.says(...numbered(1, 300))
  await began
  const then = store.copy() // it dies
  stage.proxy.links.at(-1)?.break()
  await first.close()

  await using second = await login(stage, then)
  assert.deepEqual(await read(second, 300), numbered(1, 300))
})

test('what somebody has done with a message after the client was closed is no error', async () => {
  await using stage = await scene()
  const first = await login(stage, memoryStore())
  await first.archive.caughtUp()
  const errors: unknown[] = []
  first.on('error', (error) => void errors.push(error))
  let done: () => void = () => undefined
  const began = new Promise((resolve) =>
    first.on('message', () => {
      resolve(undefined)
      return new Promise<void>((end) => (done = end))
    }),
  )
  await stage.says('one')
  await began
  await first.close()
  done()
  await new Promise((resolve) => setTimeout(resolve))
  assert.deepEqual(errors, [])
})

test('a message that came with a session that goes on is not passed over, whatever the clocks say', async () => {
  await using stage = await scene(60)
  const store = copied()
  const ahead = { ...systemClock, now: () => Date.now() + 3_600_000 }
  await using first = await login(stage, store.open, { platform: { ...nodePlatform, clock: ahead } })
  await first.archive.caughtUp()
  const done: string[] = []
  const hasThree = new Promise((resolve) =>
    first.on('message', ({ body = '' }) => {
      if (body === 'two') return new Promise(() => undefined) // somebody works on it
      done.push(body)
      if (body === 'three') resolve(undefined)
      return undefined
    }),
  )
  await stage.says('one')
  stage.proxy.links.at(-1)?.break()
  await next(first, 'state', ({ name }) => name === 'waiting')
  const coming = next(first, 'state', ({ name }) => name === 'online')
  await stage.says('two')
  const back = await coming
  assert.ok(back.name === 'online' && back.resumed)
  await stage.says('three')
  await hasThree
  await new Promise(setImmediate)
  const then = store.copy() // it dies
  stage.proxy.links.at(-1)?.break()
  await first.close()

  await using second = await login(stage, then)
  assert.deepEqual(done, ['one', 'three'])
  assert.ok((await read(second, 1)).includes('two'))
})

test('what came with a session that goes on is not given again to the next program, whatever the clocks say', async () => {
  await using stage = await scene(60)
  const store = memoryStore()
  const ahead = { ...systemClock, now: () => Date.now() + 3_600_000 }
  await using first = await login(stage, store, { platform: { ...nodePlatform, clock: ahead } })
  await first.archive.caughtUp()
  await stage.says('one')
  assert.deepEqual(await read(first, 1), ['one'])
  stage.proxy.links.at(-1)?.break()
  await next(first, 'state', ({ name }) => name === 'waiting')
  await stage.says('two')
  assert.deepEqual(await read(first, 1), ['two'])
  await first.close()

  await using second = await login(stage, store)
  await isQuiet(stage, second)
})

test('what came with a session that was lost before it was online is not the last that was dealt with', async () => {
  await using stage = await scene()
  const store = memoryStore()
  const [slow, there, came] = [1, 2, 3].map(() => Promise.withResolvers<undefined>())
  await using first = await createClient({
    ...stage.romeo,
    service: `xmpp://127.0.0.1:${stage.proxy.port}`,
    plaintext: true,
    store,
    use,
    trace: (direction, element) => {
      if (direction === 'out' || typeof element === 'string') return
      if (element.name === 'presence') there!.resolve(undefined)
      if (element.childText('body') === 'one') came!.resolve(undefined)
    },
  })
  first.use(defineExtension({ name: 'slow', start: (core) => core.onSession('appear', () => slow!.promise) }))
  const connecting = first.connect()
  await there!.promise
  await stage.says('one')
  await came!.promise
  stage.proxy.links.at(-1)?.break()
  await next(first, 'state', ({ name }) => name === 'waiting')
  await stage.says('two')
  slow!.resolve(undefined)
  await connecting
  assert.deepEqual(await read(first, 2), ['one', 'two'])
  await first.archive.caughtUp()
  await first.close()

  await using second = await login(stage, store)
  await isQuiet(stage, second)
})

/** A store of which there can be a copy, as a crash would leave it. */
function copied(): { open: OpenStore; copy: () => OpenStore } {
  const opened = (rows: Map<string, string>): OpenStore => {
    return () => ({
      read: () => [...rows].sort(([a], [b]) => (a < b ? -1 : 1)),
      write: (changes) => {
        for (const [key, value] of changes) value === undefined ? rows.delete(key) : rows.set(key, value)
      },
      close: () => undefined,
    })
  }
  const rows = new Map<string, string>()
  return { open: opened(rows), copy: () => opened(new Map(rows)) }
}

test('what arrives live during the repair keeps its place behind what was missed', async () => {
  await using stage = await scene()
  const store = memoryStore()
  await using first = await login(stage, store)
  await stage.says('one')
  await read(first, 1)
  await first.close()
  await stage.says(...numbered(1, 60))

  await using second = await login(stage, store)
  const got: string[] = []
  for await (const message of second.messages.read()) {
    got.push(message.body ?? '')
    // the first page is not done with, so the second one has not been asked for
    if (got.length === 1) await stage.says('live')
    if (got.length === 61) break
  }
  assert.deepEqual(got, [...numbered(1, 60), 'live'])
  await isQuiet(stage, second)
  await second.close()
})

test('what says nothing to those who listen does not hold up what comes after it', async () => {
  await using stage = await scene()
  const { romeo, juliet, server } = stage
  const store = memoryStore()
  const options = { ...romeo, service: `xmpp://127.0.0.1:${server.port}`, plaintext: true, store }
  const connected = () => connect({ ...options, use: [present, archiveWith({ pageSize: 1 }), chat] })
  const first = await connected()
  await first.archive.caughtUp()
  await first.close()
  const call = el('propose', 'urn:xmpp:jingle-message:0', { id: 'call' })
  await juliet.messages.post(romeo.jid, [call, hint('store')]).reached('acked')
  await stage.says('later')

  await using second = await connected()
  const heard: (string | undefined)[] = []
  second.on('chat', ({ body }) => void heard.push(body))
  await second.archive.caughtUp({ timeout: 10_000 })
  assert.deepEqual(heard, ['later'])
})

test('an error that an archive has kept does not hold up what comes after it', async () => {
  await using server = await startTestServer()
  const { jid, password } = await server.createAccount({ local: 'romeo' })
  await using romeo = await createClient({
    jid,
    password,
    service: `xmpp://127.0.0.1:${server.port}`,
    plaintext: true,
    use: [messages, chat],
  })
  await romeo.connect()
  romeo.on('chat', () => undefined)
  const element = el('message', NS.client, { type: 'error', id: 'of before' })
  const refused = new Message(element, parseJid('juliet@localhost'), parseJid(jid))
  assert.equal(romeo.messages.deliver(refused, { at: 0, archived: '1' }), undefined)
})

test('an archive that has forgotten the last message is asked by its time', async () => {
  await using stage = await scene()
  const store = copied()
  await using first = await login(stage, store.open)
  await stage.says('one')
  await read(first, 1)
  await first.close()
  await stage.says('two', 'three')

  const open = store.copy()
  const table = await open('')
  const [key, mark] = (await table.read()).find(([, value]) => /^\d+ \S+$/.test(value))!
  await table.write([[key, `${mark.split(' ')[0]} nobody-knows-this`]])
  await using second = await login(stage, open)
  // 'one' is not known to have been seen by this program: it comes again rather than that something is lost
  assert.deepEqual(await read(second, 3), ['one', 'two', 'three'])
  await isQuiet(stage, second)
  await second.close()
})

test('messages of other devices are seen, those of this one are not', async () => {
  await using stage = await scene()
  const store = memoryStore()
  await using first = await login(stage, store)
  await stage.says('one')
  await read(first, 1)
  await first.messages.post(stage.juliet.jid!.bare, [el('body', NS.client, {}, 'from here')]).reached('acked')
  await first.close()
  await using phone = await login(stage, memoryStore())
  await phone.messages.post(stage.juliet.jid!.bare, [el('body', NS.client, {}, 'from the phone')]).reached('acked')
  await phone.close()

  await using second = await login(stage, store)
  const got: ReceivedMessage[] = []
  for await (const message of second.messages.read()) if (got.push(message) === 1) break
  assert.equal(got[0]!.body, 'from the phone')
  assert.equal(got[0]!.isOwn, true)
  await isQuiet(stage, second)
  await second.close()
})

test('a message that has arrived without being acknowledged is not sent again', async () => {
  await using stage = await scene()
  const store = copied()
  await using first = await login(stage, store.open)
  const before = store.copy() // the message is not in it yet
  const rows = await before('')
  const sent = first.messages.post(stage.juliet.jid!.bare, [el('body', NS.client, {}, 'once')])
  const row = (await (await store.open('')).read()).find(([key]) => key.startsWith('out/'))!
  await sent.reached('acked')
  await first.close()
  await rows.write([row, ['session', undefined]])

  const got: string[] = []
  stage.juliet.on('message', ({ body }) => void got.push(body ?? ''))
  await using second = await login(stage, before)
  assert.deepEqual(second.messages.unacknowledged, [])
  await second.close()
  const stored = await stage.juliet.use(archive).latest(10)
  assert.equal(stored.filter(({ body }) => body === 'once').length, 1)
})

test('without an archive at the server nothing is asked for, and messages come', async () => {
  const server = await startTestServer({ features: { archive: false } })
  const account = await server.createAccount()
  const client = await connect({ ...account, service: `xmpp://127.0.0.1:${server.port}`, plaintext: true, use })
  await client.archive.caughtUp()
  client.messages.post(account.jid, [el('body', NS.client, {}, 'to myself')])
  assert.deepEqual(await read(client, 1), ['to myself'])
  await assert.rejects(client.archive.latest(1), { kind: 'unsupported' })
  await client.close()
  await server.stop()
})

test('what waited for the account comes to a client that asks no archive, and to one that begins today', async () => {
  await using stage = await scene()
  const others = [[messages, present] as const, [archiveWith({ repair: false }), messages, present] as const, use]
  for (const extensions of others) {
    await stage.says('one', 'two')
    const client = await login(stage, memoryStore(), { use: extensions as typeof use })
    assert.deepEqual(await read(client, 2), ['one', 'two'], extensions.map(({ name }) => name).join())
    await isQuiet(stage, client)
    await client.close()
  }
})

test('who begins to use the archive when already online is told what comes, and misses nothing from then on', async () => {
  await using stage = await scene()
  const store = memoryStore()
  const options = { ...stage.romeo, service: `xmpp://127.0.0.1:${stage.proxy.port}`, plaintext: true, store }
  await using client = await connect({ ...options, use: [messages, present] })
  const late = client.use(archive)
  await late.caughtUp()
  await stage.says('one')
  assert.deepEqual(await read(client as unknown as Client<Use>, 1), ['one'])
})
