import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { createServer, type Server, type ServerOptions } from '@rookery/server'
import { FakeClock } from '@rookery/testkit'
import { makeCertificate } from '../../../test/certificates.ts'
import { Client, type Dial, frame, framing, raw } from '../../../test/websocket-client.ts'

const listen = { address: '127.0.0.1', c2s: false, tls: false, http: 0, httpAddress: '127.0.0.1', https: 0 } as const
const ping = "<iq xmlns='jabber:client' type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"

async function start(options: ServerOptions = {}): Promise<Server> {
  const server = await createServer({ ...options, listen, auth: { iterations: 4096 } })
  await server.start()
  for (const host of server.config.hosts) await server.accounts(host).create('romeo', 'secret')
  return server
}

describe('a stream over WebSocket', () => {
  test('logs in, is answered, and ends with <close/> and the closing handshake [RFC7395 3.6]', async () => {
    await using server = await start()
    const client = await Client.open(server)
    assert.equal(client.ws.protocol, 'xmpp')
    assert.match(await client.login(), /^romeo@localhost\//)
    client.send(ping)
    const answer = await client.expect('iq')
    assert.deepEqual([answer.ns, answer.attr('type'), answer.attr('id')], [NS.client, 'result', 'p'])
    client.send(`<close xmlns='${framing}'/>`)
    assert.equal((await client.expect('close')).ns, framing)
    assert.equal(await client.closed(), 1000)
  })

  test('offers no STARTTLS [RFC7395 3.9]', async () => {
    await using server = await start()
    const features = await (await Client.open(server)).stream()
    assert.equal(features.child('starttls', NS.tls), undefined)
    assert.ok(features.child('mechanisms', NS.sasl))
  })

  test('carries messages to clients over TCP and back, text beyond ASCII and all', async () => {
    await using server = await start()
    await server.accounts('localhost').create('juliet', 'secret')
    const romeo = await Client.open(server)
    const juliet = await Client.open(server)
    const [from, to] = [await romeo.login(), await juliet.login('juliet')]
    const body = `Grüße, 你好 🌹 ${'x'.repeat(70_000)}`
    romeo.send(`<message xmlns='jabber:client' type='chat' to='${to}'><body>${body}</body></message>`)
    const message = await juliet.expect('message')
    assert.deepEqual([message.ns, message.attr('from'), message.childText('body')], [NS.client, from, body])
  })

  test('keeps many elements of one turn apart, in their order', async () => {
    await using server = await start()
    const client = await Client.open(server)
    await client.login()
    for (let i = 0; i < 200; i++) client.send(ping.replace("'p'", `'p${i}'`))
    for (let i = 0; i < 200; i++) assert.equal((await client.expect('iq')).attr('id'), `p${i}`)
  })

  test('is bound to the host it logged in to (S42)', async () => {
    await using server = await start({ hosts: ['localhost', 'b.example'] })
    const client = await Client.open(server)
    await client.stream()
    client.send(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${btoa('\0romeo\0secret')}</auth>`)
    await client.expect('success')
    client.send(`<open xmlns='${framing}' to='b.example' version='1.0'/>`)
    assert.equal(await client.failure(), 'not-authorized')
    assert.equal(await client.closed(), 1000)
  })

  test('that fails while it is opened is answered with <open/> first [RFC7395 3.5]', async () => {
    await using server = await start()
    const client = await Client.open(server)
    client.send(`<open xmlns='${framing}' to='elsewhere.example' version='1.0'/>`)
    await client.expect('open')
    assert.ok((await client.expect('error')).child('host-unknown', NS.streamErrors))
    assert.equal((await client.expect('close')).ns, framing)
    assert.equal(await client.closed(), 1000)
  })

  test('ends with system-shutdown when the server stops', async () => {
    const server = await start()
    const client = await Client.open(server)
    await client.login()
    const stopped = server.stop()
    assert.equal(await client.failure(), 'system-shutdown')
    assert.equal(await client.closed(), 1000)
    await stopped
  })

  test('ends when the WebSocket is closed without <close/>', async () => {
    await using server = await start({ limits: { connections: 1 } })
    const client = await Client.open(server)
    await client.login()
    client.ws.close(1001)
    await client.closed()
    const next = await Client.open(server) // there is room again
    assert.match(await next.login(), /^romeo/)
  })
})

describe('frames (S01, S105)', () => {
  const message = "<message xmlns='jabber:client' to='romeo@localhost'><body>hi</body></message>"
  const refused: [what: string, frame: string, condition: string][] = [
    [
      'a DTD before anything else',
      `<!DOCTYPE s [<!ENTITY a "ha">]><open xmlns='${framing}' to='localhost'/>`,
      'restricted-xml',
    ],
    ['a stanza before <open/>', message, 'bad-format'],
    [
      'more than one may send before it has logged in',
      `<open xmlns='${framing}' a='${'x'.repeat(20_000)}'/>`,
      'policy-violation',
    ],
  ]
  for (const [what, wire, condition] of refused)
    test(`${what}: ${condition}`, async () => {
      await using server = await start()
      const client = await Client.open(server)
      client.send(wire)
      assert.equal(await client.failure(), condition)
      assert.equal(await client.closed(), 1000)
    })

  const later: [what: string, frame: string, condition: string][] = [
    ['two stanzas in one frame', message + message, 'not-well-formed'],
    ['a part of a stanza', message.slice(0, -9), 'not-well-formed'],
    ['an empty frame', '', 'not-well-formed'],
    ['white space', ' ', 'not-well-formed'],
    ['a DTD in a later frame', `<!DOCTYPE s [<!ENTITY a "ha">]>${message}`, 'restricted-xml'],
    ['another <open/>', `<open xmlns='${framing}' to='localhost' version='1.0'/>`, 'bad-format'],
  ]
  for (const [what, wire, condition] of later)
    test(`${what}: ${condition}`, async () => {
      await using server = await start()
      const client = await Client.open(server)
      await client.login()
      client.send(wire)
      assert.equal(await client.failure(), condition)
      assert.equal(await client.closed(), 1000)
    })

  test('a binary frame: 1003 [RFC7395 3.2]', async () => {
    await using server = await start()
    const client = await Client.open(server)
    client.ws.send(Buffer.from('<a/>'), { binary: true })
    assert.equal(await client.closed(), 1003)
  })

  test('larger than any stanza: 1009', async () => {
    await using server = await start()
    const client = await Client.open(server)
    await client.login()
    client.send(`<a xmlns='urn:a'>${'x'.repeat(server.config.limits.stanzaBytes)}</a>`)
    assert.equal(await client.closed(), 1009)
  })

  test('a stanza in a few fragments is one', async () => {
    await using server = await start()
    const client = await Client.open(server)
    await client.login()
    for (const [index, part] of [ping.slice(0, 9), ping.slice(9, 40), ping.slice(40)].entries())
      client.ws.send(part, { fin: index === 2 })
    assert.equal((await client.expect('iq')).attr('type'), 'result')
  })

  const wrong: [what: string, bytes: () => Buffer, code: number][] = [
    ['not masked', () => frame(0x81, '<a/>', { masked: false }), 1002],
    ['with an unknown opcode', () => frame(0x83, 'x'), 1002],
    ['with a reserved bit, as if it were compressed', () => frame(0xc1, 'x'), 1002],
    ['of 2^63 bytes', () => frame(0x81, '', { length: 2n ** 63n }), 1009],
    ['that is not UTF-8', () => frame(0x81, Buffer.from([0x3c, 0xff, 0xfe])), 1007],
    [
      'in ten thousand fragments',
      () => Buffer.concat(Array.from({ length: 10_000 }, (_, i) => frame(i === 0 ? 0x01 : 0x00, 'x'))),
      1008,
    ],
    ['a flood of pings', () => Buffer.concat(Array.from({ length: 5000 }, () => frame(0x89, 'x'.repeat(100)))), 1008],
    ['a ping that is too long', () => frame(0x89, 'x'.repeat(126)), 1002],
  ]
  for (const [what, bytes, code] of wrong)
    test(`${what}: ${code}`, async () => {
      await using server = await start()
      const { socket, ended } = await raw(server)
      socket.write(bytes())
      assert.equal(await ended, code)
    })

  test('a ping is answered with the same bytes', async () => {
    await using server = await start()
    const client = await Client.open(server)
    client.ws.ping('are you there')
    const [data] = await once(client.ws, 'pong')
    assert.equal(String(data), 'are you there')
  })
})

describe('a handshake', () => {
  test('without the subprotocol is refused [RFC7395 3.1]', async () => {
    await using server = await start()
    assert.equal(await Client.status(server, { protocol: 'chat' }), 400)
    assert.equal(await Client.status(server, { protocol: 'xmpp' }), 101)
  })

  test('at another path is refused', async () => {
    await using server = await start({ http: { websocketPath: '/ws' } })
    assert.equal(await Client.status(server, {}), 404)
    assert.equal(await Client.status(server, { path: '/ws' }), 101)
  })

  test('from a foreign page is refused (S106)', async () => {
    await using server = await start({ hosts: ['a.example', 'localhost'] })
    assert.equal(await Client.status(server, { origin: 'https://evil.example' }), 403)
    assert.equal(await Client.status(server, { origin: 'null' }), 403)
    assert.equal(await Client.status(server, { origin: 'https://a.example' }), 101)
    assert.equal(await Client.status(server, { origin: 'http://localhost:8080' }), 101)
  })

  test('from the network without TLS is refused, whatever is written in it (S107)', async () => {
    // the loopback address stands for one of the network: it is no proxy here, and says that it passes on
    await using server = await start({ http: { trustedProxies: [] } })
    const forged = { 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Proto': 'https' }
    assert.equal(await Client.status(server, { headers: forged }), 403)
    assert.equal(await Client.status(server, { headers: { 'X-Forwarded-For': '127.0.0.1' } }), 403)
  })

  test('through a trusted proxy is as safe as the proxy says, and comes from where it says', async () => {
    const lines: { address?: string; tls?: string; event?: string }[] = []
    const note = (fields: object): void => void lines.push(fields)
    await using server = await start({ log: { debug: note, info: note, warn: note, error: note } })
    const through = (proto: string): Dial => ({
      headers: { 'X-Forwarded-For': '10.9.9.9, 192.0.2.1', 'X-Forwarded-Proto': proto },
    })
    assert.equal(await Client.status(server, through('http')), 403)
    assert.equal(await Client.status(server, through('https, http')), 403)
    const client = await Client.open(server, through('https'))
    await client.login()
    const login = lines.find(({ event }) => event === 'login')
    assert.deepEqual([login?.address, login?.tls], ['192.0.2.1', 'proxy'])
  })
})

describe('over TLS', () => {
  test('a login can be bound to the channel, and to no other', async () => {
    await using server = await start()
    const client = await Client.open(server, { kind: 'https' })
    await client.stream()
    assert.deepEqual(client.bindingTypes(), ['tls-exporter', 'tls-server-end-point'])
    assert.equal(client.socket.alpnProtocol, 'http/1.1')
    const data = client.socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    const wrong = Buffer.from(data.map((byte) => byte ^ 1))
    assert.equal(await client.scram('SCRAM-SHA-256-PLUS', { type: 'tls-exporter', data: wrong }), 'not-authorized')
    assert.equal(await client.scram('SCRAM-SHA-256-PLUS', { type: 'tls-exporter', data }), 'success')
  })

  test('the certificate binds, too', async () => {
    await using server = await start()
    const client = await Client.open(server, { kind: 'https' })
    await client.stream()
    const { raw: certificate } = client.socket.getPeerCertificate()
    const data = createHash('sha256').update(certificate).digest()
    assert.equal(await client.scram('SCRAM-SHA-256-PLUS', { type: 'tls-server-end-point', data }), 'success')
  })

  test('that ends at a proxy gives nothing to bind to', async () => {
    await using server = await start()
    const client = await Client.open(server, {
      kind: 'https',
      headers: { 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Proto': 'https' },
    })
    await client.stream()
    assert.deepEqual(client.bindingTypes(), [])
  })

  test('a page, which cannot know the channel, is offered nothing to bind to', async () => {
    await using server = await start()
    const client = await Client.open(server, { kind: 'https', headers: { Origin: 'https://localhost' } })
    await client.stream()
    assert.deepEqual(client.bindingTypes(), [])
    assert.ok(!client.mechanisms().some((name) => name.endsWith('-PLUS')))
    assert.ok(client.mechanisms().includes('SCRAM-SHA-256'))
  })

  test('certificates that are read anew are shown to the next', async () => {
    let made = 0
    await using server = await start({
      selfSigned: async () => makeCertificate({ name: `number ${++made}` }),
    })
    const shown = async (): Promise<string> => {
      const client = await Client.open(server, { kind: 'https' })
      return client.socket.getPeerCertificate().subject.CN as string
    }
    assert.equal(await shown(), 'number 1')
    await server.reloadCertificates()
    assert.equal(await shown(), 'number 2')
  })
})

describe('liveness', () => {
  test('who answers no ping is taken for gone; who does stays', async () => {
    const clock = new FakeClock()
    await using server = await start({ clock, http: { pingSeconds: 30 }, limits: { negotiationSeconds: 0 } })
    const alive = await Client.open(server)
    await alive.login()
    const silent = await raw(server)
    clock.advance(30_000) // both have been heard since they opened
    clock.advance(30_000)
    await once(alive.ws, 'ping')
    alive.send(ping) // comes behind the pong
    await alive.expect('iq')
    clock.advance(30_000)
    await silent.ended
    alive.send(ping)
    assert.equal((await alive.expect('iq')).attr('type'), 'result')
  })

  test('a client that does not read loses its own connection alone', async () => {
    await using server = await start({ limits: { outboundBytes: 65_536, bytesPerSecond: 0 } })
    const deaf = await Client.open(server)
    const to = await deaf.login()
    deaf.socket.pause()
    await server.accounts('localhost').create('juliet', 'secret')
    const juliet = await Client.open(server)
    await juliet.login('juliet')
    const large = `<message xmlns='jabber:client' type='headline' to='${to}'><body>${'x'.repeat(200_000)}</body></message>`
    for (let i = 0; i < 60; i++) juliet.send(large)
    juliet.send(ping)
    let answer = await juliet.next()
    while (answer?.name === 'message') answer = await juliet.next() // those that found nobody any more
    assert.equal(answer?.attr('type'), 'result')
    deaf.socket.resume()
    assert.equal(await deaf.closed(), 1006)
  })
})
