/** Connecting, logging in and coming back, against a server that can do everything and does what a test says. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type ClientOptions,
  connect,
  createClient,
  memoryStore,
  messages,
  nodePlatform,
  type Platform,
  type Transport,
} from '@rookery/client/node'
import { NS } from '@rookery/protocol'
import { SaslChannel } from '@rookery/protocol/sasl'
import { StanzaError } from '@rookery/protocol/stanza'
import { StreamError } from '@rookery/protocol/stream'
import { el, writeElement } from '@rookery/protocol/xml'
import { webPlatform } from '../../packages/client/src/platform/web-platform.ts'
import { reaches } from '../../packages/client/test/waiting.ts'
import { type HostileOptions, HostileServer, seeOtherHost } from './harness/hostile-server.ts'
import type { Script } from './harness/script.ts'
import { impatient } from './support/impatient.ts'

const romeo = { jid: 'romeo@localhost', password: 'secret' }
const body = (text: string) => el('body', NS.client, {}, text)

type Use = readonly [typeof messages]

function options(server: HostileServer, more: Partial<ClientOptions<Use>> = {}): ClientOptions<Use> {
  return { ...romeo, service: server.service.xmpp, tls: { ca: server.trust.ca }, use: [messages], ...more }
}

/** A server that knows nothing of channel bindings. */
const unbound: Script = { features: (offered) => offered.filter(({ name }) => name !== 'sasl-channel-binding') }

/** A machine whose TLS gives no keys away. */
const exportsNothing: Platform = {
  ...nodePlatform,
  open: async (url, open) =>
    new Proxy(await nodePlatform.open(url, open), {
      get: (transport, name: keyof Transport) => {
        const { channel } = transport
        if (name === 'channel' && channel !== undefined)
          return new SaslChannel({
            ...channel,
            bindings: channel.bindings.filter(({ type }) => type !== 'tls-exporter'),
          })
        const value = transport[name]
        return typeof value === 'function' ? value.bind(transport) : value
      },
    }),
}

describe('a login', () => {
  const ways: [what: string, server: HostileOptions, service: 'xmpp' | 'xmpps', mechanism: RegExp][] = [
    ['by STARTTLS and SCRAM bound to the channel', {}, 'xmpp', /^SCRAM-SHA-256-PLUS$/],
    ['by TLS and SCRAM bound to the channel', {}, 'xmpps', /^SCRAM-SHA-256-PLUS$/],
    ['by TLS 1.2', { tls: { maxVersion: 'TLSv1.2' } }, 'xmpps', /^SCRAM-SHA-256-PLUS$/],
    [
      'by SCRAM-SHA-1 where there is nothing better',
      { mechanisms: ['SCRAM-SHA-1', 'PLAIN'], script: unbound, startTls: 'absent' },
      'xmpp',
      /^SCRAM-SHA-1$/,
    ],
    ['by PLAIN where there is nothing else', { mechanisms: ['PLAIN'], script: unbound }, 'xmpps', /^PLAIN$/],
    ['in one breath with SASL2 and Bind 2', { sasl2: true }, 'xmpps', /^SCRAM-SHA-256-PLUS$/],
    ['without stream management', { management: false }, 'xmpps', /^SCRAM-SHA-256-PLUS$/],
  ]
  for (const [what, behaviour, service, mechanism] of ways) {
    test(`works ${what}`, async () => {
      await using server = await HostileServer.start(behaviour)
      await using client = await connect(
        options(server, { service: server.service[service], plaintext: behaviour.startTls === 'absent' }),
      )
      assert.equal(client.state.name, 'online')
      assert.equal(client.jid?.bare.toString(), 'romeo@localhost')
      const said = server.received('auth')[0] ?? server.received('authenticate')[0]
      assert.match(said?.attr('mechanism') ?? '', mechanism)
    })
  }

  test('over WebSocket says that it cannot bind where nothing to bind to is offered: TLS may end at a proxy', async () => {
    await using server = await HostileServer.start({
      script: {
        features: (offered) =>
          offered
            .filter(({ name }) => name !== 'sasl-channel-binding')
            .map((one) =>
              one.name === 'mechanisms'
                ? one.withChildren(one.childElements().filter((each) => !each.text().endsWith('-PLUS')))
                : one,
            ),
      },
      downgradeProtection: false,
    })
    for (const [service, flag] of [
      ['wss', 'n'],
      ['xmpps', 'y'],
    ] as const) {
      const client = await createClient(options(server, { service: server.service[service], patience: 0 }))
      await client.connect().catch(() => undefined) // this server could bind, and takes 'y' for a sign of an attack
      await client.close()
      const said = server.received('auth').at(-1)?.text() ?? ''
      assert.equal(Buffer.from(said, 'base64').toString()[0], flag)
    }
  })

  test('has the resource that was asked for, where the server would choose one', async () => {
    await using server = await HostileServer.start({ sasl2: true })
    await using client = await connect(options(server, { jid: 'romeo@localhost/orchard' }))
    assert.equal(client.jid?.toString(), 'romeo@localhost/orchard')
  })

  test('uses a token the second time, and the password when it is no good any more', async () => {
    await using server = await HostileServer.start({ sasl2: true, fast: true })
    const store = memoryStore()
    const login = async (more: Partial<ClientOptions<Use>>): Promise<string | undefined> => {
      const client = await connect(options(server, { service: server.service.xmpps, store, ...more }))
      await client.close()
      return server.received('authenticate').at(-1)?.attr('mechanism')
    }
    assert.equal(await login({}), 'SCRAM-SHA-256-PLUS')
    assert.match((await login({ password: undefined })) ?? '', /^HT-SHA-(256|512)-EXPR$/)
    server.expireTokens()
    let asked = 0
    const password = (): string => {
      asked++
      return 'secret'
    }
    assert.equal(await login({ password }), 'SCRAM-SHA-256-PLUS')
    assert.equal(asked, 1)
    assert.match((await login({ password })) ?? '', /^HT-/)
    assert.equal(asked, 1)
  })

  test('leaves a token that is bound to what this connection does not have, for the password', async () => {
    await using server = await HostileServer.start({ sasl2: true, fast: true })
    const store = memoryStore()
    const login = async (more: Partial<ClientOptions<Use>>): Promise<string | undefined> => {
      const client = await connect(options(server, { service: server.service.xmpps, store, ...more }))
      await client.close()
      return server.received('authenticate').at(-1)?.attr('mechanism')
    }
    await login({})
    assert.equal([...server.tokens.values()].at(-1)?.mechanism, 'HT-SHA-256-EXPR')
    assert.equal(await login({ platform: exportsNothing }), 'SCRAM-SHA-256-PLUS')
    assert.equal(await login({ platform: exportsNothing, password: undefined }), 'HT-SHA-256-ENDP')
  })
})

describe('what cannot work is told', () => {
  const fails = async (server: HostileServer, more: Partial<ClientOptions<Use>> = {}): Promise<unknown> => {
    const client = await createClient(options(server, more))
    const error = await client.connect().then(
      () => 'connected',
      (error: unknown) => ({ ...(error as object) }),
    )
    assert.equal(client.state.name, 'failed')
    await client.close()
    return error
  }

  test('a wrong password, once', async () => {
    await using server = await HostileServer.start()
    const error = await fails(server, { password: 'wrong' })
    assert.partialDeepStrictEqual(error, { kind: 'login', reason: 'refused', condition: 'not-authorized' })
    assert.equal(server.connections.length, 1)
  })

  test('a certificate for somebody else', async () => {
    await using server = await HostileServer.start()
    server.certificate = server.trust.issue('example.org')
    for (const service of [server.service.xmpp, server.service.xmpps])
      assert.partialDeepStrictEqual(await fails(server, { service }), { kind: 'connect', reason: 'bad-certificate' })
    assert.equal(server.received('auth').length, 0)
  })

  test('encryption that is not offered [S34]', async () => {
    await using server = await HostileServer.start({ startTls: 'absent' })
    assert.partialDeepStrictEqual(await fails(server), { kind: 'connect', reason: 'no-encryption' })
    assert.equal(server.received().length, 0, 'nothing was said but the header')
  })

  test('a stranger who has taken the place', async () => {
    await using server = await HostileServer.start()
    await using client = await connect(options(server))
    server.connection.error(new StreamError('conflict'))
    const state = await reaches(client, 'failed')
    assert.ok(state.name === 'failed' && state.reason.kind === 'stream')
    assert.equal(state.reason.condition, 'conflict')
  })

  test('a host that sends us on and on [S121]', async () => {
    await using server = await HostileServer.start()
    server.script.features = (_, connection) => {
      connection.put(seeOtherHost(`127.0.0.1:${server.ports.tcp}`))
      connection.close()
      return []
    }
    assert.partialDeepStrictEqual(await fails(server), { kind: 'connect', reason: 'too-many-redirects' })
    assert.equal(server.connections.length, 4)
  })

  test('an address that is none', async () => {
    await assert.rejects(connect({ jid: 'a@b@c', password: 'x' }), { kind: 'usage' })
  })
})

describe('a session', () => {
  test('is resumed when its connection breaks, and nothing is lost or doubled', async () => {
    await using server = await HostileServer.start()
    await using client = await connect(options(server))
    const seen: (string | undefined)[] = []
    client.on('message', ({ body }) => void seen.push(body))
    const jid = client.jid!.toString()
    const before = client.messages.post('juliet@localhost', [body('before')])
    await before.reached('acked')
    server.connection.break()
    await reaches(client, 'waiting')
    const between = client.messages.post('juliet@localhost', [body('between')])
    assert.equal(between.fate, 'queued')
    server.route(el('message', NS.client, { to: jid, from: 'juliet@localhost/a' }, [body('while away')]))
    const asked = client.request('get', el('query', NS.roster))
    assert.partialDeepStrictEqual(await reaches(client, 'online'), { resumed: true })
    await between.reached('acked')
    assert.ok(await asked)
    assert.deepEqual(seen, ['while away'])
    assert.equal(client.jid!.toString(), jid)
    assert.deepEqual(
      server.received('message').map((message) => message.childText('body')),
      ['before', 'between'],
    )
  })

  test('that is resumed sends the answer to what came with the resumption once, behind what waited', async () => {
    await using server = await HostileServer.start()
    await using client = await connect(options(server))
    const jid = client.jid!.toString()
    client.on('message', () => void client.messages.post('juliet@localhost', [body('answer')]))
    server.connection.break()
    await reaches(client, 'waiting')
    client.messages.post('juliet@localhost', [body('queued')])
    server.script.send = (element, connection) => {
      if (element.name !== 'resumed') return element
      const message = el('message', NS.client, { to: jid, from: 'juliet@localhost/a' }, [body('while away')])
      connection.put(writeElement(element, NS.client) + writeElement(message, NS.client))
      return undefined
    }
    assert.partialDeepStrictEqual(await reaches(client, 'online'), { resumed: true })
    await server.until('message', 2)
    await client.messages.post('juliet@localhost', [body('last')]).reached('acked')
    assert.deepEqual(
      server.received('message').map((message) => message.childText('body')),
      ['queued', 'answer', 'last'],
    )
  })

  test('begins anew when it cannot be resumed: what the server has not counted is sent again', async () => {
    for (const knows of [true, false]) {
      await using server = await HostileServer.start()
      await using client = await connect(options(server))
      // the server takes both, and acknowledges neither
      server.script.send = (element) => (element.is('a', 'urn:xmpp:sm:3') ? undefined : element)
      const sent = ['one', 'two'].map((text) => client.messages.post('juliet@localhost', [body(text)]))
      await server.until('message', 2)
      const id = [...server.sessions.keys()][0]!
      server.script.receive = (element, connection) => {
        if (element.name !== 'resume') return undefined
        connection.put(el('failed', 'urn:xmpp:sm:3', knows ? { h: '1' } : {}, [el('item-not-found', NS.stanzaErrors)]))
        return true
      }
      server.connection.break()
      server.sessions.delete(id)
      await server.online(2)
      server.script.send = (element) => element
      await Promise.all(sent.map((message) => message.reached('acked')))
      const again = server.received('message').slice(2)
      assert.deepEqual(
        again.map((message) => [message.attr('id'), message.child('origin-id', 'urn:xmpp:sid:0')?.attr('id')]),
        sent.slice(knows ? 1 : 0).map(({ id }) => [id, id]),
      )
    }
  })

  test('does not believe a count of more than was sent', async () => {
    await using server = await HostileServer.start()
    await using client = await connect(options(server))
    let lies = true
    server.script.send = (element) => {
      if (!lies || element.name !== 'a') return element
      lies = false
      return el('a', 'urn:xmpp:sm:3', { h: '7' })
    }
    const message = client.messages.post('juliet@localhost', [body('x')])
    await message.reached('acked')
    assert.equal(server.connections.length, 2)
  })

  test('gives up a connection that says nothing any more', async () => {
    await using server = await HostileServer.start()
    await using client = await connect(options(server, { keepAlive: 50, answerWithin: 50 }))
    server.connection.freeze()
    await reaches(client, 'waiting')
    assert.partialDeepStrictEqual(await reaches(client, 'online'), { resumed: true })
  })

  test('goes on after a restart of the program, with what was not acknowledged', async () => {
    await using server = await HostileServer.start()
    const store = memoryStore()
    const first = await createClient(options(server, { store, reconnect: false }))
    await first.connect()
    const resumed = server.connection.session!.id
    server.connection.freeze()
    const lost = first.messages.post('juliet@localhost', [body('not acknowledged')])
    server.connection.break()
    await reaches(first, 'failed')
    await first.close()

    await using second = await createClient(options(server, { store }))
    assert.deepEqual(
      second.messages.unacknowledged.map(({ id }) => id),
      [lost.id],
    )
    const [again] = second.messages.unacknowledged
    await second.connect()
    await again!.reached('acked')
    assert.equal(server.connection.session!.id, resumed)
    assert.equal(server.received('message').length, 1)
  })

  test('tells a refusal of a message, which can be sent again', async () => {
    await using server = await HostileServer.start()
    await using client = await connect(options(server))
    let refuses = true
    server.script.receive = (element, connection) => {
      if (element.name !== 'message' || !refuses) return undefined
      refuses = false
      const attributes = { type: 'error', id: element.attr('id'), from: 'juliet@localhost', to: client.jid?.toString() }
      connection.send(el('message', NS.client, attributes, [new StanzaError('recipient-unavailable').toElement()]))
      return true
    }
    const message = client.messages.post('juliet@localhost', [body('x')])
    const first = message.id
    await assert.rejects(
      async () => {
        await message.reached('displayed')
      },
      { kind: 'request', condition: 'recipient-unavailable' },
    )
    message.retry()
    await message.reached('acked')
    assert.notEqual(message.id, first)
  })
})

describe('messages that come', () => {
  test('are acknowledged after the loop has dealt with them', async () => {
    await using server = await HostileServer.start()
    await using client = await connect(options(server))
    const to = client.jid!.toString()
    for (const text of ['one', 'two'])
      server.route(el('message', NS.client, { to, from: 'juliet@localhost/a' }, [body(text)]))
    const acknowledged = (): number => Number(server.received('a').at(-1)?.attr('h') ?? 0)
    const reading = client.messages.read()
    assert.equal((await reading.next()).value?.body, 'one')
    await client.request('get', el('ping', 'urn:xmpp:ping'))
    assert.equal(acknowledged(), 0)
    assert.equal((await reading.next()).value?.body, 'two')
    await server.until((element) => element.name === 'a' && element.attr('h') !== '0')
    assert.equal(acknowledged(), 1)
    await reading.return?.()
    await server.until((element) => element.name === 'a' && Number(element.attr('h')) > 2)
  })

  test('do not come twice when the connection breaks while they are dealt with', async () => {
    await using server = await HostileServer.start()
    await using client = await connect(options(server, { platform: impatient }))
    const to = client.jid!.toString()
    const say = (text: string): void =>
      server.route(el('message', NS.client, { to, from: 'juliet@localhost/a' }, [body(text)]))
    say('one')
    say('two')
    const seen: (string | undefined)[] = []
    for await (const message of client.messages.read()) {
      seen.push(message.body)
      if (message.body === 'one') {
        server.connection.break()
        await server.online(2)
        say('three')
      }
      if (message.body === 'three') break
    }
    assert.deepEqual(seen, ['one', 'two', 'three'])
    await server.until((element) => element.name === 'a' && Number(element.attr('h')) > 2)
  })

  test('hold back the server while the application is slow, and none is lost', async () => {
    await using server = await HostileServer.start()
    await using client = await connect(options(server, { platform: impatient, maxUnhandled: 10_000 }))
    const to = client.jid!.toString()
    const count = 500
    for (let i = 0; i < count; i++)
      server.route(el('message', NS.client, { to, from: 'juliet@localhost/a' }, [body(`${i} ${'x'.repeat(500)}`)]))
    let next = 0
    for await (const message of client.messages.read()) {
      assert.match(message.body ?? '', new RegExp(`^${next} `))
      if (++next === count) break
      if (next % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  })

  test('give up a connection that cannot be held back, as in browsers, and come again when the application has time', async () => {
    await using server = await HostileServer.start()
    await using client = await connect({
      ...options(server, { platform: { ...impatient, open: webPlatform.open }, maxUnhandled: 10_000 }),
      service: server.service.ws,
    })
    const to = client.jid!.toString()
    const count = 500
    const states: string[] = []
    client.on('state', ({ name }) => states.push(name))
    const lost = reaches(client, 'waiting')
    for (let i = 0; i < count; i++)
      server.route(el('message', NS.client, { to, from: 'juliet@localhost/a' }, [body(`${i} ${'x'.repeat(500)}`)]))
    const state = await lost
    assert.ok(state.name === 'waiting' && state.reason.kind === 'disconnected', 'it is not kept in memory')
    let next = 0
    for await (const message of client.messages.read()) {
      assert.match(message.body ?? '', new RegExp(`^${next} `))
      if (++next === count) break
    }
    assert.ok(states.includes('resuming'))
  })

  test('are acknowledged at the end: what was dealt with is not sent to somebody else', async () => {
    await using server = await HostileServer.start()
    const client = await connect(options(server))
    const to = client.jid!.toString()
    for (const text of ['one', 'two', 'three'])
      server.route(el('message', NS.client, { to, from: 'juliet@localhost/a' }, [body(text)]))
    for await (const message of client.messages.read()) if (message.body === 'two') break
    await client.close()
    assert.equal(server.received('a').at(-1)?.attr('h'), '2')
  })

  test('wait for the first who reads them', async () => {
    await using server = await HostileServer.start()
    await using client = await connect(options(server))
    server.route(el('message', NS.client, { to: client.jid!.toString(), from: 'a@b/c' }, [body('early')]))
    await client.request('get', el('ping', 'urn:xmpp:ping'))
    for await (const message of client.messages.read()) {
      assert.equal(message.body, 'early')
      break
    }
  })
})
