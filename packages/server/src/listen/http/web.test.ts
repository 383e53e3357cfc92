import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, request } from 'node:https'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { createServer, type Server, type ServerOptions } from '@rookery/server'
import { FakeClock } from '@rookery/testkit'
import { portOf } from '../../../test/websocket-client.ts'

const listen = { address: '127.0.0.1', c2s: false, tls: 0, http: 0, httpAddress: '127.0.0.1', https: 0 } as const

async function start(options: ServerOptions = {}): Promise<Server> {
  const server = await createServer({ ...options, listen: { ...listen, ...options.listen } })
  await server.start()
  return server
}

const ask = (server: Server, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${portOf(server, 'http')}${path}`, init)

/** Over TLS, with a Host of one's choice. */
async function secure(server: Server, path: string, host: string): Promise<{ status: number; text: string }> {
  const sent = get({
    port: portOf(server, 'https'),
    host: '127.0.0.1',
    path,
    headers: { Host: host },
    rejectUnauthorized: false,
  })
  const [response] = await once(sent, 'response')
  let text = ''
  for await (const piece of response) text += piece
  return { status: response.statusCode, text }
}

/** What comes back for bytes written by hand, until the end. */
function talk(server: Server): { socket: Socket; received: Promise<string> } {
  const socket = connect(portOf(server, 'http'), '127.0.0.1')
  let text = ''
  socket.on('data', (bytes) => (text += bytes))
  socket.on('error', () => undefined)
  return { socket, received: once(socket, 'close').then(() => text) }
}

const xmpp = { 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Proto': 'https' }

describe('host-meta', () => {
  test('leads to WebSocket and BOSH, over TLS alone [XEP-0156 2]', async () => {
    await using server = await start({ hosts: ['a.example', 'b.example'] })
    const port = portOf(server, 'https')
    const { text } = await secure(server, '/.well-known/host-meta', 'b.example')
    assert.equal(
      text,
      `<?xml version="1.0" encoding="utf-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n` +
        `  <Link rel="urn:xmpp:alt-connections:websocket" href="wss://b.example:${port}/xmpp-websocket"/>\n` +
        `  <Link rel="urn:xmpp:alt-connections:xbosh" href="https://b.example:${port}/http-bind"/>\n</XRD>\n`,
    )
    const json = JSON.parse((await secure(server, '/.well-known/host-meta.json', 'b.example')).text)
    assert.deepEqual(json, {
      links: [
        { rel: 'urn:xmpp:alt-connections:websocket', href: `wss://b.example:${port}/xmpp-websocket` },
        { rel: 'urn:xmpp:alt-connections:xbosh', href: `https://b.example:${port}/http-bind` },
      ],
    })
  })

  test('does not repeat a host that is not ours', async () => {
    await using server = await start({ hosts: ['a.example'] })
    const { text } = await secure(server, '/.well-known/host-meta', 'evil.example')
    assert.ok(!text.includes('evil') && text.includes('wss://a.example:'))
  })

  test('names the proxy through which it was asked, or the URL of the configuration', async () => {
    await using server = await start({ hosts: ['localhost', 'a.example'] })
    const links = async (from: Server, headers: Record<string, string>): Promise<string> => {
      const sent = connect(portOf(from, 'http'), '127.0.0.1')
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      sent.write(`GET /.well-known/host-meta.json HTTP/1.1\r\nConnection: close\r\n${lines.join('')}\r\n`)
      let text = ''
      for await (const piece of sent) text += piece
      return text
    }
    assert.match(await links(server, { Host: 'a.example', ...xmpp }), /"wss:\/\/a\.example\/xmpp-websocket"/)
    assert.match(await links(server, { Host: 'localhost:5280' }), /"ws:\/\/localhost:5280\/xmpp-websocket"/)
    // by another name of this machine
    const port = portOf(server, 'http')
    for (const Host of [`127.0.0.1:${port}`, `[::1]:${port}`])
      assert.match(await links(server, { Host }), new RegExp(`"ws://localhost:${port}/xmpp-websocket"`))
    await using named = await start({ http: { url: 'https://chat.c.example' } })
    assert.match(await links(named, { Host: 'localhost' }), /"wss:\/\/chat\.c\.example\/xmpp-websocket"/)
  })

  test('says nothing where nothing can be reached over TLS', async () => {
    await using server = await start({ listen: { https: false } })
    assert.equal((await ask(server, '/.well-known/host-meta', { headers: { Via: '1.1 x' } })).status, 404)
  })

  test('says all that clients need to know where the addresses are configured [XEP-0487 2.1]', async () => {
    const pin = '4/mggdlVx8A3pvHAWW5sD+qJyMtUHgiRuPjVC48N0XQ='
    const http = {
      url: 'https://chat.a.example',
      discoveryAddresses: ['192.0.2.7', '2001:db8::7'],
      discoveryTtl: 600,
      discoveryKeyPins: [pin],
    }
    await using server = await start({ hosts: ['a.example'], http })
    const common = { ips: ['192.0.2.7', '2001:db8::7'], weight: 50, sni: 'chat.a.example' }
    const { xmpp: says, links } = (await (await ask(server, '/.well-known/host-meta.json')).json()) as Record<
      string,
      unknown
    >
    assert.deepEqual(says, { ttl: 600, 'public-key-pins-sha-256': [pin] })
    assert.deepEqual(links, [
      { rel: 'urn:xmpp:alt-connections:tls', port: portOf(server, 'tls'), priority: 10, ...common },
      {
        rel: 'urn:xmpp:alt-connections:websocket',
        href: 'wss://chat.a.example/xmpp-websocket',
        priority: 20,
        ...common,
      },
      { rel: 'urn:xmpp:alt-connections:xbosh', href: 'https://chat.a.example/http-bind', priority: 30, ...common },
    ])
  })

  test('may be read by pages of any origin [XEP-0156 3]', async () => {
    await using server = await start()
    for (const path of ['/.well-known/host-meta', '/.well-known/host-meta.json']) {
      const { headers } = await ask(server, path, { headers: { Origin: 'https://evil.example' } })
      assert.equal(headers.get('access-control-allow-origin'), '*')
      assert.equal(headers.get('access-control-allow-credentials'), null)
    }
    assert.equal((await ask(server, '/.well-known/host-meta', { method: 'POST' })).status, 405)
    assert.equal((await ask(server, '/.well-known/host-meta', { method: 'HEAD' })).status, 200)
  })

  test('can be turned off, as can the others', async () => {
    await using server = await start({ http: { hostMeta: false, boshPath: false, websocketPath: false } })
    for (const path of ['/.well-known/host-meta', '/http-bind', '/xmpp-websocket'])
      assert.equal((await ask(server, path, { method: 'POST', body: 'x' })).status, 404)
  })
})

describe('HTTP basics (S119)', () => {
  test('what is not there is said not to be there', async () => {
    await using server = await start()
    assert.equal((await ask(server, '/')).status, 404)
    assert.equal((await ask(server, '/xmpp-websocket')).status, 426)
    assert.equal((await ask(server, '/http-bind?x')).status, 405)
  })

  const answers: [what: string, text: string, status: number][] = [
    ['a path with the host before it', 'GET http://localhost/http-bind?x HTTP/1.1\r\nHost: localhost\r\n\r\n', 405], // [RFC9112 3.2.2]
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['many headers', `GET / HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(4000)}\r\n`, 431],
    [
      'two lengths of one body',
      'POST /http-bind HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['no HTTP', `<?xml version='1.0'?><stream:stream>\r\n\r\n`, 400],
    ['the beginning of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    [
      'an upgrade to something else',
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n',
      404,
    ],
  ]
  for (const [what, text, status] of answers)
    test(`${what}: ${status}`, async () => {
      await using server = await start()
      const { socket, received } = talk(server)
      socket.end(text)
      assert.match(await received, new RegExp(`^HTTP/1\\.1 ${status} `))
    })

  test('a TLS handshake that does not come ends the connection', async () => {
    const clock = new FakeClock()
    await using server = await start({ clock })
    const socket = connect(portOf(server, 'https'), '127.0.0.1')
    const closed = once(socket, 'close')
    await once(socket, 'connect')
    // a second connection has been taken when this one has been taken
    await secure(server, '/', 'localhost')
    clock.advance(11_000)
    await closed
  })

  test('connections count at the gate, by address, but for those of proxies (S23)', async () => {
    await using server = await start({ limits: { connectionsPerAddress: 2 }, http: { trustedProxies: [] } })
    const agents = await Promise.all(
      [1, 2].map(async () => {
        const { socket, received } = talk(server)
        socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
        await once(socket, 'data')
        return { socket, received }
      }),
    )
    const third = talk(server)
    assert.equal(await third.received, '')
    for (const { socket, received } of agents) {
      socket.end()
      await received
    }
    assert.equal((await ask(server, '/')).status, 404) // there is room again
  })

  test('nothing is left when the server stops', async () => {
    const server = await start()
    const idle = talk(server)
    idle.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(idle.socket, 'data')
    const handshaking = connect(portOf(server, 'https'), '127.0.0.1')
    const gone = once(handshaking, 'close')
    await once(handshaking, 'connect')
    await secure(server, '/', 'localhost')
    await server.stop()
    await Promise.all([idle.received, gone])
  })

  test('requests over TLS are answered', async () => {
    await using server = await start()
    const sent = request({
      port: portOf(server, 'https'),
      host: '127.0.0.1',
      method: 'POST',
      path: '/http-bind',
      rejectUnauthorized: false,
    })
    sent.end(`<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='localhost' ver='1.6'/>`)
    const [response] = await once(sent, 'response')
    let text = ''
    for await (const piece of response) text += piece
    assert.match(text, /<mechanism>SCRAM-SHA-256<\/mechanism>/)
    assert.ok(!text.includes('PLUS'))
  })
})
