/** Bad moments: connections that linger, stanzas under way when one breaks, storage that fails for a while, processes that die. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Element } from '@rookery/protocol/xml'
import { type Feature, feature, type Transport, type TransportSink } from '@rookery/server'
import type { HostStorage, ResumptionStore, Storage } from '@rookery/storage'
import { createMemoryStorage } from '@rookery/storage/memory'
import { FakeClock, memoryPair } from '@rookery/testkit'
import { Managed, managed } from '../../test/managed-client.ts'
import { conditionOf, HOST, MemoryClient, type MemoryServer, memoryServer, turns } from '../../test/memory-server.ts'

const chat = (to: string, body: string): string =>
  `<message to='${to}@${HOST}' type='chat' id='${body}'><body>${body}</body></message>`
const bodies = (stanzas: readonly Element[]): (string | undefined)[] =>
  stanzas.filter((one) => one.name === 'message').map((one) => one.childText('body'))

/** A door in the corridor: messages whose body begins with `slow` wait at it. */
class Door {
  #open: (() => void)[] = []
  readonly feature: Feature

  constructor(at: 'screen' | 'archive') {
    const pass = ({ stanza, side }: { stanza: { element: Element }; side: string }): Promise<undefined> | undefined =>
      side === 'out' && stanza.element.childText('body')?.startsWith('slow') === true
        ? new Promise((resolve) => this.#open.push(() => resolve(undefined)))
        : undefined
    this.feature = feature({
      name: 'door',
      summary: 'Waits.',
      specifications: [],
      needs: [],
      start: () => (at === 'screen' ? { screen: pass } : { archive: pass }),
    })
  }

  open(): void {
    for (const go of this.#open.splice(0)) go()
  }
}

/** Resumable sessions cannot be written while it is told to fail. */
class Moody implements Storage {
  readonly #under = createMemoryStorage()
  readonly #hosts = new Map<string, HostStorage>()
  fails: (keyof ResumptionStore | 'append')[] = []
  /** What is the last of an ended session never comes to be. */
  isDying = false

  host(domain: string): HostStorage {
    const under = this.#under.host(domain)
    const guard = (name: keyof ResumptionStore | 'append'): Promise<void> =>
      this.fails.includes(name) ? Promise.reject(new Error('the disk is full')) : Promise.resolve()
    const { resumption } = under
    let host = this.#hosts.get(domain)
    if (host === undefined) {
      host = {
        ...under,
        offline: {
          append: (local, entry, limit) => guard('append').then(() => under.offline.append(local, entry, limit)),
          read: (local, after, limit) => under.offline.read(local, after, limit),
          remove: (local, ids) => guard('remove').then(() => under.offline.remove(local, ids)),
          lastId: () => under.offline.lastId(),
          size: (local) => under.offline.size(local),
        },
        resumption: {
          put: (session, taken) =>
            this.isDying && session.acknowledged === 2 ** 52
              ? new Promise(() => undefined)
              : guard('put').then(() => resumption.put(session, taken)),
          setHandled: (id, handled) => guard('setHandled').then(() => resumption.setHandled(id, handled)),
          setReached: (id, reached) => guard('setReached').then(() => resumption.setReached(id, reached)),
          reached: (local) => resumption.reached(local),
          enqueue: (id, stanzas) => guard('enqueue').then(() => resumption.enqueue(id, stanzas)),
          acknowledge: (session, seq, taken) =>
            guard('acknowledge').then(() => resumption.acknowledge(session, seq, taken)),
          removeFrom: (id, seq) => guard('removeFrom').then(() => resumption.removeFrom(id, seq)),
          queue: (id, after, limit) => resumption.queue(id, after, limit),
          get: (id) => resumption.get(id),
          remove: (id) => guard('remove').then(() => resumption.remove(id)),
          list: (options) => resumption.list(options),
        },
      }
      this.#hosts.set(domain, host)
    }
    return host
  }
  open(): Promise<void> {
    return this.#under.open()
  }
  close(): Promise<void> {
    return this.#under.close()
  }
}

/** A transport whose last bytes take their time: after its end it closes when it is told to. */
class Lingering implements Transport {
  readonly #under: Transport
  #sink: TransportSink | undefined

  constructor(under: Transport) {
    this.#under = under
  }
  get remoteAddress(): string {
    return this.#under.remoteAddress
  }
  readonly tls = undefined
  readonly canStartTls = false
  readonly startsWithTls = false
  get pending(): number {
    return this.#under.pending
  }
  createStream(limits: Parameters<Transport['createStream']>[0]): ReturnType<Transport['createStream']> {
    return this.#under.createStream(limits)
  }
  attach(sink: TransportSink): void {
    this.#sink = sink
    this.#under.attach(sink)
  }
  write(wire: string): boolean {
    return this.#under.write(wire)
  }
  pause(): void {
    this.#under.pause()
  }
  resume(): void {
    this.#under.resume()
  }
  end(): void {}
  closeAtLast(): void {
    this.#sink?.closed()
  }
  destroy(): void {
    this.#under.destroy()
  }
  startTls(host: string, done: (error?: Error) => void): void {
    this.#under.startTls(host, done)
  }
}

async function seconds(server: MemoryServer, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    server.clock.advance(1000)
    await turns(1)
  }
}

describe('the connection before', () => {
  test('closes at last, and the session that has been resumed meanwhile is left alone (S79, S84)', async () => {
    await using server = await memoryServer({ features: { archive: false }, management: { ackSeconds: 5 } })
    const pair = memoryPair()
    const lingering = new Lingering(pair.server)
    server.server.attach(lingering)
    const client = new MemoryClient(pair.client)
    await server.server.accounts(HOST).create('juliet', 'secret-juliet')
    await client.open()
    client.send(
      `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${btoa('\0juliet\0secret-juliet')}</auth>`,
    )
    await client.next()
    await client.open()
    await client.bind('one')
    const juliet = new Managed(client)
    await juliet.enable()
    client.send('<presence/>')
    await juliet.all()
    await seconds(server, 8) // she acknowledges nothing
    assert.equal(client.streamError, 'connection-timeout')
    const [again, answer] = await juliet.resume(server, 'juliet')
    assert.equal(answer?.name, 'resumed')
    again.acknowledge(juliet.h)
    lingering.closeAtLast()
    await turns()
    const romeo = await server.login('romeo')
    romeo.send(chat('juliet', 'a'))
    await romeo.all()
    assert.deepEqual(bodies(await again.all()), ['a'])
  })

  test('has stanzas under way that were not safe when it broke: they do not count before they are', async () => {
    const door = new Door('screen')
    const storage = createMemoryStorage()
    await using server = await memoryServer({ features: { archive: false }, storage, plugins: [door.feature] })
    const juliet = await managed(server, 'juliet')
    await server.server.accounts(HOST).create('romeo', 'secret-romeo')
    juliet.client.send(chat('romeo', 'slow'))
    await turns()
    await juliet.lose()
    // what another process would find
    const stored = await server.stores.resumption.get(juliet.id)
    assert.equal((await server.stores.offline.size('romeo')).count, 0)
    assert.ok(stored!.handled <= 2, 'the presence and a question of the test, not the message')
    const resuming = juliet.resume(server, 'juliet')
    await turns(10)
    door.open()
    const [, answer] = await resuming
    assert.equal(answer?.name, 'resumed')
    assert.equal(answer?.attr('h'), '3')
    assert.equal((await server.stores.offline.size('romeo')).count, 1)
  })
})

test('who says goodbye with the last stanza still hears what becomes of it [RFC6120 4.4]', async () => {
  const door = new Door('archive')
  await using server = await memoryServer({ plugins: [door.feature] })
  const juliet = await server.login('juliet')
  juliet.send(
    `${chat('nobody', 'slow')}<iq type='get' id='p' to='${HOST}'><ping xmlns='urn:xmpp:ping'/></iq></stream:stream>`,
  )
  await turns(10)
  assert.equal(juliet.isClosed, false)
  door.open()
  await juliet.closed()
  assert.deepEqual(
    juliet.taken().map((one) => [one.attr('id'), one.attr('type')]),
    [
      ['slow', 'error'],
      ['p', 'result'],
    ],
  )
})

test('who asks for the count with the last word is told [XEP-0198 4]', async () => {
  const door = new Door('archive')
  await using server = await memoryServer({ plugins: [door.feature] })
  const juliet = await managed(server, 'juliet')
  juliet.client.send(`${chat('juliet', 'slow')}${"<r xmlns='urn:xmpp:sm:3'/>".repeat(2)}</stream:stream>`)
  await turns(10)
  door.open()
  await juliet.client.closed()
  const told = juliet.client.taken().filter(({ name }) => name === 'a')
  assert.deepEqual(
    told.map((one) => one.attr('h')),
    ['3', '3'],
  )
})

test('who says goodbye and does not wait for the end is gone all the same [XEP-0198 7]', async () => {
  const door = new Door('archive')
  await using server = await memoryServer({ plugins: [door.feature] })
  const juliet = await managed(server, 'juliet')
  const other = await server.login('juliet', 'two')
  other.send('<presence/>')
  await other.all()
  juliet.client.send(`${chat('nobody', 'slow')}</stream:stream>`)
  await turns()
  await juliet.lose()
  door.open()
  await turns()
  assert.deepEqual(
    (await other.all()).map((one) => [one.attr('from'), one.attr('type')]),
    [[`juliet@${HOST}/one`, 'unavailable']],
  )
  const [, answer] = await juliet.resume(server, 'juliet')
  assert.equal(answer?.name, 'failed')
  assert.equal(answer?.attr('h'), undefined)
})

for (const isManaged of [true, false])
  test(`what came before the connection broke takes effect, ${isManaged ? 'with' : 'without'} stream management`, async () => {
    const door = new Door('screen')
    await using server = await memoryServer({ plugins: [door.feature] })
    const romeo = await server.login('romeo')
    romeo.send('<presence/>')
    await romeo.all()
    const client = isManaged ? (await managed(server, 'juliet')).client : await server.login('juliet')
    const other = await server.login('juliet', 'two')
    other.send('<presence/>')
    client.send('<presence/>')
    await client.all()
    await other.all()
    client.send(`${chat('romeo', 'slow')}${chat('romeo', 'b')}<presence><show>away</show></presence></stream:stream>`)
    await turns()
    client.destroy()
    await turns()
    romeo.send(`<message to='${client.jid}' type='chat'><body>for whoever is there</body></message>`)
    await romeo.all()
    door.open()
    await turns(20)
    assert.deepEqual(bodies(await romeo.all()), ['slow', 'b'])
    const seen = await other.all()
    assert.deepEqual(
      seen.filter(({ name }) => name === 'presence').map((one) => one.attr('type') ?? one.childText('show')),
      ['away', 'unavailable'],
    )
    assert.deepEqual(bodies(seen), ['for whoever is there'])
  })

test('of a client that was refused nothing more is taken when its connection is gone', async () => {
  const door = new Door('screen')
  await using server = await memoryServer({ plugins: [door.feature] })
  const romeo = await server.login('romeo')
  romeo.send('<presence/>')
  await romeo.all()
  const juliet = await server.login('juliet')
  juliet.send(`${chat('romeo', 'slow')}<message from='romeo@${HOST}' to='romeo@${HOST}'/>${chat('romeo', 'b')}`)
  await turns()
  juliet.destroy()
  await turns()
  door.open()
  await turns(20)
  assert.deepEqual(bodies(await romeo.all()), ['slow'])
})

describe('resumption', () => {
  test('is answered before anything else comes, whatever happens in that moment', async () => {
    // her lane and his go on in the same turn, hers at another place each time
    for (let own = 1; own <= 6; own++) {
      const door = new Door('archive')
      await using server = await memoryServer({ features: { archive: false }, plugins: [door.feature] })
      const juliet = await managed(server, 'juliet')
      const romeo = await server.login('romeo')
      await server.server.accounts(HOST).create('nurse', 'secret-nurse')
      for (let i = 0; i < own; i++) juliet.client.send(chat('nurse', 'slow'))
      const sent = Array.from({ length: 60 }, (_, i) => `slow${i}`)
      for (const body of sent) romeo.send(chat('juliet', body))
      await turns()
      await juliet.lose()
      const next = await server.authenticated('juliet')
      next.send(`<resume xmlns='urn:xmpp:sm:3' previd='${juliet.id}' h='${juliet.h}'/>`)
      await turns()
      door.open()
      const came: Element[] = []
      for (let one = await next.next(); one !== undefined; one = await next.next()) {
        came.push(one)
        if (one.childText('body') === sent.at(-1)) break
      }
      assert.equal(came[0]?.name, 'resumed')
      assert.deepEqual(bodies(came), sent)
    }
  })

  test('answers no request of the connection before', async () => {
    const door = new Door('archive')
    await using server = await memoryServer({ features: { archive: false }, plugins: [door.feature] })
    const juliet = await managed(server, 'juliet')
    await server.server.accounts(HOST).create('nurse', 'secret-nurse')
    juliet.client.send(`${chat('nurse', 'slow')}${"<r xmlns='urn:xmpp:sm:3'/>".repeat(3)}`)
    await turns()
    await juliet.lose()
    const resuming = juliet.resume(server, 'juliet')
    await turns()
    door.open()
    const [again, answer] = await resuming
    assert.equal(answer?.name, 'resumed')
    assert.deepEqual(
      (await again.client.all()).filter(({ name }) => name === 'a'),
      [],
    )
    again.client.send("<r xmlns='urn:xmpp:sm:3'/>")
    assert.equal((await again.client.all()).filter(({ name }) => name === 'a').length, 1)
  })
})

describe('storage fails for a while (S137)', () => {
  test('as the connection breaks: who came back meanwhile keeps the session', async () => {
    const storage = new Moody()
    await using server = await memoryServer({ features: { archive: false }, storage })
    const juliet = await managed(server, 'juliet')
    const romeo = await server.login('romeo')
    storage.fails = ['put', 'enqueue']
    juliet.client.destroy()
    const next = await server.authenticated('juliet')
    next.send(`<resume xmlns='urn:xmpp:sm:3' previd='${juliet.id}' h='${juliet.h}'/>`)
    const answer = await next.next()
    storage.fails = []
    if (answer?.name === 'resumed') {
      romeo.send(chat('juliet', 'a'))
      await romeo.all()
      assert.deepEqual(bodies(await next.all()), ['a'])
    } else {
      assert.equal(answer?.name, 'failed') // it is over, and everybody knows
      assert.equal(server.server.endpoints.length, 0)
      await next.bind('one')
    }
  })

  test('what no archive keeps and could not be stored is refused before anybody sees it', async () => {
    const storage = new Moody()
    await using server = await memoryServer({ features: { archive: false }, storage })
    const juliet = await managed(server, 'juliet')
    const romeo = await managed(server, 'romeo', 'one', '')
    storage.fails = ['append']
    romeo.client.send(`${chat('juliet', 'a')}<r xmlns='urn:xmpp:sm:3'/>`)
    const answers = await romeo.client.all()
    assert.deepEqual(
      answers.filter(({ name }) => name === 'message').map((answer) => conditionOf(answer)),
      ['internal-server-error'],
    )
    storage.fails = []
    romeo.client.send(chat('juliet', 'b'))
    await romeo.client.all()
    assert.deepEqual(bodies(await juliet.all()), ['b'])
  })

  test('what the session of a client that is lost could not keep waits where it was stored before', async () => {
    const storage = new Moody()
    await using server = await memoryServer({ features: { archive: false }, storage })
    const juliet = await managed(server, 'juliet')
    const romeo = await managed(server, 'romeo', 'one', '')
    romeo.client.send(`${chat('juliet', 'a')}<r xmlns='urn:xmpp:sm:3'/>`)
    await turns(10)
    storage.fails = ['enqueue', 'put', 'append']
    await juliet.lose()
    await turns(10)
    assert.equal((await server.stores.offline.size('juliet')).count, 1)
    const next = new Managed(await server.login('juliet', 'two'))
    await next.enable()
    next.client.send('<presence/>')
    assert.deepEqual(bodies(await next.all()), ['a'])
  })

  test('what a client has is not given again when it could not be removed, nor is more promised until it is', async () => {
    const storage = new Moody()
    await using server = await memoryServer({ features: { archive: false }, storage })
    const juliet = await managed(server, 'juliet')
    const romeo = await managed(server, 'romeo', 'one', '')
    romeo.client.send(chat('juliet', 'a'))
    assert.deepEqual(bodies(await juliet.all()), ['a'])
    storage.fails = ['acknowledge']
    juliet.acknowledge()
    juliet.client.send(`<message to='romeo@${HOST}' type='chat'><body>b</body></message><r xmlns='urn:xmpp:sm:3'/>`)
    await turns(10)
    assert.ok(!juliet.client.taken().some(({ name }) => name === 'a'))
    assert.equal((await server.stores.offline.size('juliet')).count, 1)
    storage.fails = []
    juliet.client.send(`<r xmlns='urn:xmpp:sm:3'/>`)
    await turns(10)
    assert.ok(juliet.client.taken().some(({ name }) => name === 'a'))
    assert.equal((await server.stores.offline.size('juliet')).count, 0)
  })

  test('when the server starts: what an earlier process left finds its place later, and the start waits for it only so long', async () => {
    const storage = new Moody()
    const options = { features: { archive: false as const }, storage }
    const before = await memoryServer(options)
    const juliet = await managed(before, 'juliet')
    await juliet.lose()
    const romeo = await before.login('romeo')
    romeo.send(chat('juliet', 'a'))
    await romeo.all()
    const { resumption } = before.stores
    await before.server.stop()
    await storage.open()
    const stored = await resumption.get(juliet.id)
    await resumption.put({ ...stored!, state: 'what nobody can read' })

    storage.fails = ['append']
    const clock = new FakeClock(before.clock.now())
    let isStarted = false
    const starting = memoryServer({ ...options, clock }).then((server) => {
      isStarted = true
      return server
    })
    await turns(20)
    assert.equal(isStarted, false)
    clock.advance(2000)
    await using after = await starting
    storage.fails = []
    clock.advance(1000)
    await turns(20)
    const next = new Managed(await after.login('juliet', 'two'))
    await next.enable()
    next.client.send('<presence/>')
    await turns(20)
    assert.deepEqual(bodies(await next.all()), ['a'])
    next.acknowledge()
    await turns(20)
    assert.equal((await after.stores.offline.size('juliet')).count, 0)
  })

  test('when a session begins: what is sent to it later is stored all the same, or not acknowledged', async () => {
    const storage = new Moody()
    await using server = await memoryServer({ features: { archive: false }, storage })
    storage.fails = ['put']
    const juliet = await managed(server, 'juliet')
    storage.fails = []
    const romeo = await managed(server, 'romeo', 'one', '')
    romeo.client.send(`${chat('juliet', 'a')}<r xmlns='urn:xmpp:sm:3'/>`)
    await turns(10)
    const isAcknowledged = romeo.client.taken().some(({ name }) => name === 'a')
    assert.ok(isAcknowledged)
    const [waiting] = await server.stores.offline.read('juliet', 0, 9)
    assert.match(waiting!.stanza, /<body>a<\/body>/)
    await juliet.all()
    juliet.acknowledge()
    await turns(10)
    assert.equal((await server.stores.offline.size('juliet')).count, 0)
  })
})

describe('more than may be unacknowledged', () => {
  test('is not one offline message, however large, nor many small ones', async () => {
    const limits = { stanzaBytes: 200_000 }
    await using server = await memoryServer({ management: { bytes: 65_536, stanzas: 64 }, limits })
    await server.server.accounts(HOST).create('juliet', 'secret-juliet')
    const romeo = await server.login('romeo')
    for (let i = 0; i < 100; i++) romeo.send(chat('juliet', `${i}`))
    romeo.send(`<message to='juliet@${HOST}'><body>${'x'.repeat(190_000)}</body></message>`)
    await romeo.all()
    const juliet = new Managed(await server.login('juliet'))
    await juliet.enable()
    juliet.client.send('<presence/>')
    const got: (string | undefined)[] = []
    for (let i = 0; i < 10; i++) {
      await turns()
      got.push(...bodies(await juliet.all()))
      juliet.acknowledge()
    }
    assert.equal(got.length, 101)
    assert.equal(juliet.client.isClosed, false)
  })
})

describe('the process dies', () => {
  test('what several sessions missed is kept once', async () => {
    const storage = createMemoryStorage()
    const before = await memoryServer({ features: { archive: false }, storage })
    const one = await managed(before, 'juliet', 'one')
    const two = await managed(before, 'juliet', 'two')
    const three = await managed(before, 'juliet', 'three')
    await one.lose()
    await two.lose()
    const romeo = await before.login('romeo')
    // twice the same, in the same moment: these are two
    romeo.send(chat('juliet', 'a'))
    romeo.send(chat('juliet', 'b').repeat(2))
    await romeo.all()
    assert.deepEqual(bodies(await three.all()), ['a', 'b', 'b'])
    await using after = await memoryServer({ features: { archive: false }, storage })
    after.clock.advance(700_000)
    await turns(50)
    const late = await after.login('juliet', 'late')
    late.send('<presence/>')
    await turns(20)
    assert.deepEqual(bodies(await late.all()), ['a', 'b', 'b'])
  })

  test('what the others of the account missed comes once to the one that resumes', async () => {
    const storage = createMemoryStorage()
    const before = await memoryServer({ features: { archive: false }, storage })
    const one = await managed(before, 'juliet', 'one')
    await managed(before, 'juliet', 'two') // and stays connected
    await one.lose()
    const romeo = await before.login('romeo')
    romeo.send(chat('juliet', 'a'))
    await romeo.all()
    await using after = await memoryServer({ features: { archive: false }, storage })
    const [again, answer] = await one.resume(after, 'juliet')
    assert.equal(answer?.name, 'resumed')
    await turns(20)
    assert.deepEqual(bodies(await again.all()), ['a'])
  })

  test('a message that is handed back is the one that came, however large, and a request is answered', async () => {
    const storage = createMemoryStorage()
    const limits = { stanzaBytes: 1_000_000, stanzaDepth: 1000, stanzaElements: 20_000 }
    const before = await memoryServer({ storage, limits, features: { archive: false } })
    const juliet = await managed(before, 'juliet')
    juliet.client.send(`<presence to='romeo@${HOST}/one'/>`)
    const romeo = await before.login('romeo')
    await juliet.all()
    await juliet.lose()
    const large = `<body>a</body><x xmlns='urn:x'>${'<y/>'.repeat(8000)}${'z'.repeat(300_000)}</x>`
    romeo.send(`<message to='juliet@${HOST}' type='chat' id='large'>${large}</message>`)
    romeo.send(`<iq type='get' id='q' to='juliet@${HOST}/one'><x xmlns='urn:x'/></iq>`)
    assert.deepEqual(await romeo.all(), [])
    await using after = await memoryServer({ storage, limits, features: { archive: false } })
    const again = await after.login('romeo')
    again.send('<presence/>')
    await again.all()
    after.clock.advance(700_000)
    await turns(50)
    const answers = (await again.all()).filter((one) => one.attr('id') === 'q')
    assert.deepEqual(
      answers.map((one) => [one.attr('type'), one.attr('from')]),
      [['error', `juliet@${HOST}/one`]],
    )
    const [kept] = await after.stores.offline.read('juliet', 0, 10)
    assert.ok(kept?.stanza.includes(large), 'to the letter')
    assert.match(kept!.stanza, /^<message [^>]*>/)
    assert.doesNotMatch(kept!.stanza, /xmlns='(jabber:client)?'/)
  })

  test('while a client takes its offline messages: what came meanwhile was acknowledged, and is there', async () => {
    const storage = createMemoryStorage()
    const before = await memoryServer({ features: { archive: false }, storage })
    await before.server.accounts(HOST).create('juliet', 'secret-juliet')
    const romeo = await managed(before, 'romeo', 'one', '')
    romeo.client.send(chat('juliet', 'a'))
    await romeo.all()
    const juliet = await managed(before, 'juliet')
    await turns(10)
    await juliet.all() // 'a' has come, and is not acknowledged, so it stays
    romeo.client.send(chat('juliet', 'b'))
    assert.equal(await romeo.handled(), 5)
    await using after = await memoryServer({ features: { archive: false }, storage })
    const late = await after.login('juliet', 'late')
    late.send('<presence/>')
    await turns(20)
    assert.deepEqual(bodies(await late.all()), ['a', 'b'])
  })
})

test('a session that ended while the client was away is over, also when the process dies as it hands its messages on', async () => {
  for (const archive of [true, false]) {
    const features = { archive }
    const storage = new Moody()
    const before = await memoryServer({
      storage,
      features,
      management: { stanzas: 64 },
      limits: { offlineMessages: 0 },
    })
    const juliet = await managed(before, 'juliet')
    const romeo = await before.login('romeo')
    await juliet.lose()
    storage.isDying = true
    const said = Array.from({ length: 80 }, (_, i) => `m${i}`)
    for (const body of said) romeo.send(chat('juliet', body)) // too much: the session ends
    await romeo.all()
    await turns(20)

    storage.isDying = false
    await using after = await memoryServer({ storage, features })
    const [late, answer] = await juliet.resume(after, 'juliet')
    assert.equal(answer?.name, 'failed', `archive ${archive}`)
    assert.equal(answer?.attr('h'), '2')
    await late.client.bind('one')
    late.client.send('<presence/>')
    await turns(50)
    assert.deepEqual(bodies(await late.client.all()), said)
  }
})
