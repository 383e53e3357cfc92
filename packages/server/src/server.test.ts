import assert from 'node:assert/strict'
import { createServer as createTcpServer } from 'node:net'
import { describe, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { TcpStream } from '@rookery/protocol/stream'
import { ConfigError, createServer, feature, ListenError, type Server, type ServerOptions } from '@rookery/server'
import { createMemoryStorage } from '@rookery/storage/memory'
import { FakeClock, memoryPair } from '@rookery/testkit'
import { z } from 'zod'
import { memoryServer, turns } from '../test/memory-server.ts'

/** What a wrong configuration is told, and the path to it. */
async function refusal(options: unknown): Promise<{ message: string; path: string }> {
  try {
    const server = await createServer(options as ServerOptions)
    await server.open()
    await server.stop()
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return { message: error.message, path: error.path.join('.') }
  }
  return assert.fail('it was taken')
}

describe('configuration', () => {
  test('an error names the path', async () => {
    const cases: [unknown, string][] = [
      [{ listen: { c2s: 70_000 } }, 'listen.c2s'],
      [{ listen: { c2s: 'http' } }, 'listen.c2s'],
      [{ limits: { stanzaBytes: 100 } }, 'limits.stanzaBytes'],
      [{ limits: { connections: -1 } }, 'limits.connections'],
      [{ auth: { hashes: ['MD5'] } }, 'auth.hashes.0'],
      [{ auth: { hashes: [] } }, 'auth.hashes'],
      [{ auth: { iterations: 1 } }, 'auth.iterations'],
      [{ tls: { certificates: { 'x.org': { certificate: 'a.pem' } } } }, 'tls.certificates.x.org.key'],
      [{ hosts: [] }, 'hosts'],
      [{ listen: { address: '' } }, 'listen.address'],
      [{ listen: { httpAddress: ['127.0.0.1', ''] } }, 'listen.httpAddress.1'],
      [{ http: { websocketPath: '/chat', boshPath: '/chat' } }, 'http.boshPath'],
      [{ http: { origins: ['https://*.example.org'] } }, 'http.origins.0'],
      [{ http: { trustedProxies: ['10.0.0.0/ 8'] } }, 'http.trustedProxies.0'],
    ]
    for (const [options, path] of cases) {
      const told = await refusal(options)
      assert.equal(told.path, path)
      assert.ok(told.message.includes(path), told.message)
    }
  })

  test('an unknown key is an error, not ignored', async () => {
    assert.equal((await refusal({ limits: { stanzaByte: 1 } })).message, 'limits.stanzaByte: there is no such setting')
    assert.equal((await refusal({ host: ['x.org'] })).message, 'host: there is no such setting')
  })

  test('where several kinds of values may stand, what is wrong inside the one that was meant is told', async () => {
    const told = await refusal({ features: { push: { webPush: {} } } })
    assert.equal(told.path, 'features.push.webPush.subject')
    assert.match((await refusal({ listen: { c2s: 'http' } })).message, /^listen\.c2s: .*number.*false/)
    assert.match((await refusal({ listen: { address: 5 } })).message, /^listen\.address: .*string.*array/)
  })

  test('a host is a domain, and named once', async () => {
    for (const host of ['a@b', 'x.org/y', '@', 'bad domain'])
      assert.equal((await refusal({ hosts: ['x.org', host] })).path, 'hosts', host)
    assert.match((await refusal({ hosts: ['x.org', 'X.ORG'] })).message, /twice/)
    const server = await createServer({ hosts: ['X.Org', 'BÜCHER.example'] })
    assert.deepEqual(server.config.hosts, ['x.org', 'bücher.example'])
  })

  test('what is set for a host is set for one that there is, however its name is written', async () => {
    const files = { certificate: 'a.pem', key: 'b.pem' }
    const certificates = { 'x.orgg': files }
    assert.equal((await refusal({ hosts: ['x.org'], tls: { certificates } })).path, 'tls.certificates.x.orgg')
    assert.equal((await refusal({ hosts: ['x.org'], auth: { anonymous: ['y.org'] } })).path, 'auth.anonymous.0')
    const server = await createServer({
      hosts: ['x.org'],
      tls: { certificates: { 'X.Org': files } },
      auth: { anonymous: ['X.ORG'] },
    })
    assert.deepEqual(server.config.tls.certificates, { 'x.org': files })
    assert.deepEqual(server.config.auth.anonymous, ['x.org'])
  })

  test('a feature that there is not is named, with those that there are', async () => {
    const told = await refusal({ features: { carrier: false } })
    assert.match(told.message, /carrier.*blocking.*roster/)
    assert.equal(told.path, 'features.carrier')
    assert.equal((await refusal({ features: { constructor: false } })).path, 'features.constructor')
  })

  test('a feature gets its settings with defaults; wrong ones name it', async () => {
    const given: unknown[] = []
    const configured = feature({
      name: 'configured',
      summary: 'Of a test.',
      specifications: [],
      needs: [],
      config: z.strictObject({ depth: z.number().default(3), names: z.array(z.string()).default([]) }).prefault({}),
      start: (_powers, config) => {
        given.push(config)
        return {}
      },
    })
    const plugins = [configured]
    for (const settings of [undefined, true, { depth: 5 }]) {
      const features = settings === undefined ? {} : { configured: settings }
      const server = await createServer({ plugins, features })
      await server.open()
      await server.stop()
    }
    assert.deepEqual(given, [
      { depth: 3, names: [] },
      { depth: 3, names: [] },
      { depth: 5, names: [] },
    ])
    const told = await refusal({ plugins, features: { configured: { names: ['a', 1] } } })
    assert.equal(told.path, 'features.configured.names.1')
    assert.match(told.message, /configured/)
    assert.match((await refusal({ features: { ping: { every: 5 } } })).message, /ping/)
  })

  test('two features of one name are an error', async () => {
    const twin = () => feature({ name: 'ping', summary: 'x', specifications: [], needs: [], start: () => ({}) })
    assert.match((await refusal({ plugins: [twin()] })).message, /ping/)
  })

  test('a feature turned off is not there', async () => {
    await using server = await memoryServer({ features: { time: false } })
    const romeo = await server.login('romeo')
    const answer = await romeo.ask(`<iq type='get' id='q' to='localhost'><time xmlns='urn:xmpp:time'/></iq>`)
    assert.equal(answer.attr('type'), 'error')
    const info = await romeo.ask(
      `<iq type='get' id='d' to='localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
    )
    const vars = info
      .firstElement()
      ?.childElements()
      .map((child) => child.attr('var'))
    assert.ok(vars?.includes('urn:xmpp:ping'))
    assert.ok(!vars?.includes('urn:xmpp:time'))
  })

  test('a feature is given what it asked for, and nothing else', async () => {
    let given: object = {}
    const modest = feature({
      name: 'modest',
      summary: 'Of a test.',
      specifications: [],
      needs: ['clock', 'host'],
      start: (powers) => {
        given = powers
        return {}
      },
    })
    await using _server = await memoryServer({ plugins: [modest] })
    assert.deepEqual(Object.keys(given), ['clock', 'host'])
    assert.ok(Object.isFrozen(given))
  })
})

describe('start and stop', () => {
  const anywhere = { address: '127.0.0.1', c2s: 0, tls: 0, http: false, https: false } as const

  test('a port that is taken is explained, and nothing stays behind', async () => {
    const squatter = createTcpServer()
    await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
    const { port } = squatter.address() as { port: number }
    const server = await createServer({ listen: { ...anywhere, tls: port } })
    await assert.rejects(server.start(), (error) => {
      assert.ok(error instanceof ListenError)
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}.*another program`))
      assert.ok(error.cause instanceof Error)
      return true
    })
    assert.deepEqual(server.endpoints, [])
    await new Promise((resolve) => squatter.close(resolve))
    // and it can be tried again
    await server.start()
    assert.equal(server.endpoints.length, 2)
    await server.stop()
  })

  test('an address that this machine does not have is explained', async () => {
    const server = await createServer({ listen: { ...anywhere, address: '192.0.2.1' } })
    await assert.rejects(server.start(), /192\.0\.2\.1:0.*does not have that address/)
  })

  test('an address that is given and missing is an error, wherever it stands and whether the port is given or not', async () => {
    const second = await createServer({ listen: { ...anywhere, address: ['127.0.0.1', '192.0.2.1'] } })
    await assert.rejects(second.start(), /192\.0\.2\.1:\d+.*does not have that address.*listen\.address/)
    const browsers = await createServer({
      listen: { address: '127.0.0.1', c2s: 0, tls: false, https: false, httpAddress: '192.0.2.1' },
    })
    await assert.rejects(browsers.start(), /192\.0\.2\.1:5280.*does not have that address.*listen\.httpAddress/)
    // a name so long that no name server is asked
    const named = await createServer({ listen: { ...anywhere, address: 'x'.repeat(300) } })
    await assert.rejects(named.start(), /xxx:0.*no address was found/)
  })

  test('starting twice is starting once; stopping twice, or before, does no harm', async () => {
    const server = await createServer({ listen: anywhere })
    await server.stop()
    await server.start()
    const before = server.endpoints.map((endpoint) => endpoint.port)
    await server.start()
    assert.deepEqual(
      server.endpoints.map((endpoint) => endpoint.port),
      before,
    )
    await Promise.all([server.stop(), server.stop()])
    await server.stop()
    assert.deepEqual(server.endpoints, [])
  })

  test('stopping while it starts ends it, and starting again while it stops waits for that', async () => {
    const server = await createServer({ listen: anywhere })
    for (const turn of [0, 1, 2, 5, 20]) {
      const started = Promise.all([server.start(), server.start()])
      for (let i = 0; i < turn; i++) await turns()
      await Promise.all([server.stop(), started])
      assert.deepEqual(server.endpoints, [], `after ${turn} turns`)
      const stopped = server.stop()
      await Promise.all([stopped, server.start()])
      assert.equal(server.endpoints.length, 2, `after ${turn} turns`)
      await Promise.all([server.stop(), server.start(), server.stop()])
      assert.deepEqual(server.endpoints, [], `after ${turn} turns`)
    }
  })

  test('listens on the ports that are asked for, and on none', async () => {
    const server = await createServer({ listen: { ...anywhere, tls: false } })
    await server.start()
    assert.deepEqual(
      server.endpoints.map(({ kind, address }) => `${kind} ${address}`),
      ['c2s 127.0.0.1'],
    )
    await server.stop()
  })

  test('clients are told that the server goes down', async () => {
    const server = await memoryServer()
    const romeo = await server.login('romeo')
    const early = server.connect()
    await early.open()
    await server.server.stop()
    for (const client of [romeo, early]) {
      await client.closed()
      assert.equal(client.streamError, 'system-shutdown')
    }
  })

  test('a port for browsers that nobody asked for is done without where it is taken; one that was asked for is not', async () => {
    const other = createTcpServer()
    // when somebody else has it already it is taken all the same
    await new Promise<void>((resolve) => other.once('error', () => resolve()).listen(5280, '127.0.0.1', resolve))
    try {
      const listen = { c2s: 0, tls: 0, https: false } as const
      const server = await createServer({ listen: { ...listen, httpAddress: '127.0.0.1' } })
      await server.start()
      assert.deepEqual(
        server.endpoints.filter(({ address }) => address === '127.0.0.1').map(({ kind }) => kind),
        ['c2s', 'tls'],
      )
      await server.stop()
      const strict = await createServer({ listen: { ...listen, http: 5280, httpAddress: '127.0.0.1' } })
      await assert.rejects(strict.start(), ListenError)
    } finally {
      other.close()
    }
  })

  test('a client that does not go does not keep the server', async () => {
    const server = await createServer({ clock: new FakeClock() })
    await server.open()
    let isDestroyed = false
    const stuck = {
      ...memoryPair().server,
      remoteAddress: '',
      tls: undefined,
      canStartTls: false,
      startsWithTls: false,
      pending: 0,
    }
    server.attach({
      ...stuck,
      createStream: (limits) => new TcpStream(limits),
      attach: () => undefined,
      write: () => false,
      pause: () => undefined,
      resume: () => undefined,
      end: () => undefined,
      destroy: () => {
        isDestroyed = true
      },
      startTls: () => undefined,
    })
    await server.stop()
    assert.equal(isDestroyed, true)
  })

  test('what sessions leave behind is kept before the storage closes', async () => {
    const storage = createMemoryStorage()
    const slow = feature({
      name: 'slow',
      summary: 'Of a test.',
      specifications: [],
      needs: ['documents'],
      start: ({ documents }) => ({
        session: {
          opened: (session) => void session.hold(),
          ended: async (session) => {
            await new Promise((resolve) => setTimeout(resolve, 50))
            await documents.put(session.jid.local, 'last-words', 'farewell')
            return undefined
          },
        },
      }),
    })
    const server = await memoryServer({ storage, plugins: [slow] })
    const romeo = await server.login('romeo')
    romeo.send(`<message to='romeo@localhost/one' type='chat'><body>held</body></message>`)
    await romeo.all()
    await server.server.stop()
    await storage.open()
    assert.equal(await storage.host('localhost').documents.get('romeo', 'last-words'), 'farewell')
    assert.equal((await storage.host('localhost').offline.size('romeo')).count, 1)
    await storage.close()
  })

  test('nothing of it is timed any more when it has ended', async () => {
    const pending = new Set<object>()
    const clock = new FakeClock()
    const after: FakeClock['after'] = (ms, call) => {
      const timer = clock.after(ms, () => {
        pending.delete(entry)
        call()
      })
      const entry = {
        [Symbol.dispose]: () => {
          pending.delete(entry)
          timer[Symbol.dispose]()
        },
      }
      pending.add(entry)
      return entry
    }
    const counting = { now: () => clock.now(), monotonic: () => clock.monotonic(), after }
    const server = await createServer({ clock: counting, hosts: ['localhost', 'example.test'] })
    await server.open()
    assert.ok(pending.size > 0)
    await server.stop()
    assert.equal(pending.size, 0)
  })

  test('connections come neither before it is open nor after it has stopped', async () => {
    const server = await createServer({})
    const attempt = async (): Promise<string> => {
      const { client, server: transport } = memoryPair()
      let isClosed = false
      client.onClose(() => {
        isClosed = true
      })
      server.attach(transport)
      await turns()
      if (!isClosed) client.destroy()
      return isClosed ? 'refused' : 'taken'
    }
    assert.equal(await attempt(), 'refused')
    await server.open()
    assert.equal(await attempt(), 'taken')
    await server.stop()
    assert.equal(await attempt(), 'refused')
  })
})

describe('limits that change while the server runs', () => {
  const change = (server: Server, limits: Partial<Server['config']['limits']>): void =>
    server.reloadLimits({ ...server.config.limits, ...limits })

  test('hold for messages that are kept', async () => {
    await using server = await memoryServer({ features: { archive: false } })
    await server.server.accounts('localhost').create('juliet', 'x')
    const romeo = await server.login('romeo')
    const send = async (): Promise<readonly string[]> => {
      romeo.send(`<message to='juliet@localhost' type='chat'><body>hi</body></message>`)
      return (await romeo.all()).map((element) => element.attr('type') ?? '')
    }
    assert.deepEqual(await send(), [])
    change(server.server, { offlineMessages: 1 })
    assert.deepEqual(await send(), ['error'])
    change(server.server, { offlineMessages: 2 })
    assert.deepEqual(await send(), [])
    change(server.server, { offlineMessages: 0, offlineBytes: 10 })
    assert.deepEqual(await send(), ['error'])
  })

  test('hold for directed presence', async () => {
    await using server = await memoryServer()
    const romeo = await server.login('romeo')
    const direct = async (to: string): Promise<number> => {
      romeo.send(`<presence to='${to}@localhost'/>`)
      return (await romeo.all()).filter((element) => element.attr('type') === 'error').length
    }
    assert.equal(await direct('a'), 0)
    change(server.server, { directedPresence: 1 })
    assert.equal(await direct('b'), 1)
  })
})

describe('hosts of one process', () => {
  test('have accounts of their own', async () => {
    await using server = await memoryServer({ hosts: ['localhost', 'example.test'] })
    const [one, other] = [server.server.accounts('localhost'), server.server.accounts('example.test')]
    assert.equal(await one.create('romeo', 'secret'), true)
    assert.equal(await other.exists('romeo'), false)
    assert.equal(await other.create('romeo', 'other'), true)
    assert.equal(await other.remove('romeo'), true)
    assert.equal(await one.exists('romeo'), true)
    assert.deepEqual(await one.list(undefined, 10), ['romeo'])
    assert.throws(() => server.server.accounts('elsewhere.example'), RangeError)
  })

  test('let nobody in with the password of another', async () => {
    await using server = await memoryServer({ hosts: ['localhost', 'example.test'] })
    await server.server.accounts('example.test').create('romeo', 'secret')
    const client = server.connect()
    await client.open()
    client.send(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${btoa('\0romeo\0secret')}</auth>`)
    assert.equal((await client.next())?.name, 'failure')
  })

  test('start their features each for itself', async () => {
    const domains: string[] = []
    const each = feature({
      name: 'each',
      summary: 'Of a test.',
      specifications: [],
      needs: ['host'],
      start: ({ host }) => {
        domains.push(host.domain)
        return {}
      },
    })
    await using _server = await memoryServer({ hosts: ['localhost', 'example.test'], plugins: [each] })
    assert.deepEqual(domains, ['localhost', 'example.test'])
  })
})

describe('accounts from code', () => {
  test('are named by prepared localparts', async () => {
    await using server = await memoryServer()
    const accounts = server.server.accounts('localhost')
    assert.equal(await accounts.create('Romeo', 'secret'), true)
    assert.equal(await accounts.create('romeo', 'secret'), false)
    assert.equal(await accounts.exists('ROMEO'), true)
    for (const name of ['', 'a b', 'a@b', 'a/b', '"', 'x'.repeat(1024)])
      await assert.rejects(async () => accounts.create(name, 'secret'), RangeError, name)
    await assert.rejects(async () => accounts.create('juliet', ''), RangeError)
  })

  test('that are removed end their sessions', async () => {
    await using server = await memoryServer()
    const romeo = await server.login('romeo')
    assert.equal(await server.server.accounts('localhost').remove('romeo'), true)
    await romeo.closed()
    assert.equal(romeo.streamError, 'not-authorized')
    assert.equal(await server.server.accounts('localhost').remove('romeo'), false)
  })
})
