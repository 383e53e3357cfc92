/** Servers and documents that send a client elsewhere, and those who wait for it there (S121, S122, S126). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setDefaultCACertificates } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { StreamError, StreamHeader } from '@rookery/protocol/stream'
import { discoverWebSocket } from '../../../packages/client/src/platform/discovery.ts'
import { HostileServer, seeOtherHost } from '../harness/hostile-server.ts'
import { makeTrust } from '../harness/trust.ts'
import { impatient } from '../support/impatient.ts'
import { failsToLogIn, type Options, Victim } from '../support/victim.ts'

/** Sends each of the first `count` connections, or those that `are`, to this place. */
function redirect(
  server: HostileServer,
  place: string,
  count = 1,
  are: (isSecure: boolean) => boolean = () => true,
): void {
  let left = count
  server.script.features = (offered, connection) => {
    if (left === 0 || !are(connection.isSecure)) return offered
    left--
    connection.put(seeOtherHost(place))
    connection.close()
    return []
  }
}

describe('S121: see-other-host', () => {
  test('S121: another host has to prove that it is the domain: in the clear, by a wrong name, by itself', async () => {
    await using server = await HostileServer.start()
    for (const change of ['absent', 'wrong name', 'self-signed'] as const) {
      await using evil = await HostileServer.start(change === 'absent' ? { startTls: 'absent' } : {})
      evil.certificate = change === 'wrong name' ? server.trust.issue('e.example') : makeTrust().issue('localhost')
      for (const secure of [false, true]) {
        redirect(server, `127.0.0.1:${evil.ports.tcp}`, 1, (isSecure) => isSecure === secure)
        const error = await failsToLogIn(server)
        assert.equal(error['kind'], 'connect', change)
        assert.equal(error['reason'], change === 'absent' ? 'no-encryption' : 'bad-certificate')
      }
      assert.ok(evil.connections.length === 2)
      assert.deepEqual(
        evil.received().filter(({ name }) => name !== 'starttls'),
        [],
      )
    }
    assert.deepEqual(server.received('auth'), [])
  })

  test('S121: from TLS from the first byte one is not sent into the clear', async () => {
    await using server = await HostileServer.start()
    await using evil = await HostileServer.start({ startTls: 'absent', trust: server.trust })
    redirect(server, `127.0.0.1:${evil.ports.tcp}`)
    const error = await failsToLogIn(server, { service: server.service.xmpps })
    assert.equal(error['kind'], 'connect')
    assert.deepEqual(evil.received(), [], 'nothing was said in the clear')
    assert.ok(!evil.journal.entries.some(({ what }) => what instanceof StreamHeader))
  })

  test('S121: an honest one is followed, three times and no more', async () => {
    await using server = await HostileServer.start()
    await using other = await HostileServer.start({ trust: server.trust })
    redirect(server, `127.0.0.1:${other.ports.tcp}`)
    await using victim = await Victim.login(server)
    assert.equal(victim.client.state.name, 'online')
    assert.deepEqual([server.connections.length, other.connections.length], [1, 1])
    server.script = {}
    other.script = {}
    const store = server.connections.length
    redirect(server, `127.0.0.1:${server.ports.tcp}`, 1_000)
    assert.partialDeepStrictEqual(await failsToLogIn(server), { reason: 'too-many-redirects' })
    assert.equal(server.connections.length - store, 4)
    redirect(server, `127.0.0.1:${other.ports.tcp}`, 1_000)
    redirect(other, `127.0.0.1:${server.ports.tcp}`, 1_000)
    assert.partialDeepStrictEqual(await failsToLogIn(server), { reason: 'too-many-redirects' })
  })

  test('S121: places that are none are not gone to', async () => {
    const places = [
      '',
      ' ',
      'xmpp://127.0.0.1:1',
      'wss://127.0.0.1',
      'http://127.0.0.1/',
      '127.0.0.1:1/path',
      'user@127.0.0.1',
      '127.0.0.1:99999999',
      '[::1',
      '[::1]:x',
      '127.0.0.1:1:2',
      '127.0.0.1\\@e.example',
      '127.0.0.1#x',
      '127.0.0.1?x',
      'a b',
      'a\r\nb',
      'x'.repeat(10_000),
      '%00',
    ]
    await using server = await HostileServer.start()
    for (const place of places) {
      redirect(server, place)
      const error = await failsToLogIn(server)
      assert.notEqual(error['kind'], 'connected', place)
      assert.notEqual(error['kind'], 'usage', `${place}: ${String(error['message'])}`)
    }
    assert.deepEqual(server.received('auth'), [])
  })

  test('S121: in the middle of a session it breaks the connection, and the client comes back to where it was', async () => {
    await using server = await HostileServer.start()
    await using evil = await HostileServer.start({ startTls: 'absent', trust: server.trust })
    await using victim = await Victim.login(server)
    server.connection.put(seeOtherHost(`127.0.0.1:${evil.ports.tcp}`))
    server.connection.break('end')
    await victim.reaches('waiting')
    assert.partialDeepStrictEqual(await victim.reaches('online'), { resumed: true })
    assert.equal(evil.connections.length, 0)
    // with another condition beside it
    server.connection.put(new StreamError('see-other-host').toElement())
    server.connection.break('end')
    await victim.reaches('waiting')
    await victim.reaches('online')
  })

  test('S121: where a session is to be resumed has to be the domain as well', async () => {
    await using server = await HostileServer.start()
    await using evil = await HostileServer.start({ startTls: 'absent' })
    server.script.send = (element) =>
      element.name === 'enabled' ? element.with({ location: `127.0.0.1:${evil.ports.tcp}` }) : element
    await using victim = await Victim.login(server)
    server.connection.break()
    await victim.reaches('waiting')
    await evil.closed(1)
    assert.deepEqual(evil.received(), [])
    server.script = {}
  })
})

describe('S122: certificates', () => {
  test('S122: those that are for others, over, or signed by nobody are refused on every way', async () => {
    await using server = await HostileServer.start()
    const good = server.certificate
    const bad = {
      'another name': server.trust.issue('e.example'),
      'a part of the name': server.trust.issue('host'),
      'more than the name': server.trust.issue('localhost.e.example'),
      expired: server.trust.issue('localhost', { validDays: -1 }),
      'another authority': makeTrust().issue('localhost'),
    }
    for (const [what, certificate] of Object.entries(bad)) {
      server.certificate = certificate
      for (const service of [server.service.xmpp, server.service.xmpps, server.service.wss])
        assert.partialDeepStrictEqual(
          await failsToLogIn(server, { service }),
          { kind: 'connect', reason: 'bad-certificate' },
          `${what}, ${service}`,
        )
    }
    server.certificate = good
    for (const service of [server.service.xmpps, server.service.wss])
      assert.partialDeepStrictEqual(await failsToLogIn(server, { service, tls: {} }), { reason: 'bad-certificate' })
    assert.deepEqual(
      server.received().filter(({ name }) => name !== 'starttls'),
      [],
    )
  })

  test('S122: a variable of the environment does not turn the check off', async () => {
    await using server = await HostileServer.start()
    server.certificate = makeTrust().issue('localhost')
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      for (const service of [server.service.xmpp, server.service.xmpps, server.service.wss])
        assert.partialDeepStrictEqual(await failsToLogIn(server, { service }), { reason: 'bad-certificate' })
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
  })

  test('S122: TLS of before 1.2 is not spoken', async () => {
    await using server = await HostileServer.start({ tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } })
    for (const service of [server.service.xmpp, server.service.xmpps, server.service.wss])
      assert.equal((await failsToLogIn(server, { service }))['kind'], 'connect')
    assert.deepEqual(server.received('auth'), [])
  })
})

/** Documents of the domain, over https and over http. */
const trust = makeTrust()
let pages: Record<string, (response: ServerResponse) => void> = {}
let asked: string[] = []
const { certificate: cert, key } = trust.issue('localhost')
const answer = ({ url = '' }: { url?: string | undefined }, response: ServerResponse): void => {
  asked.push(url)
  const page = pages[url]
  if (page === undefined) response.writeHead(404).end()
  else page(response)
}
const https = createServer({ cert, key }, answer)
const http = createHttpServer((request, response) => answer({ url: `http ${request.url}` }, response))
const jrd = '/.well-known/host-meta.json'
const rel = 'urn:xmpp:alt-connections:websocket'
const link =
  (...hrefs: unknown[]) =>
  (response: ServerResponse): void =>
    void response.end(JSON.stringify({ links: hrefs.map((href) => ({ rel, href })) }))
let origins: Record<'https' | 'http', string>

before(async () => {
  setDefaultCACertificates([trust.ca])
  for (const server of [https, http]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port
  origins = { https: `https://localhost:${portOf(https)}`, http: `http://localhost:${portOf(http)}` }
  // the domain has no port, and a test may not listen on 443
  const fetched = globalThis.fetch
  globalThis.fetch = (input, init) => {
    const url = new URL(String(input))
    const origin = url.port === '' ? origins[url.protocol === 'https:' ? 'https' : 'http'] : url.origin
    return fetched(`${origin}${url.pathname}`, init)
  }
})
after(() => {
  for (const server of [https, http]) {
    server.closeAllConnections()
    server.close()
  }
})
beforeEach(() => {
  pages = {}
  asked = []
})

const byDocument: Options = { service: undefined, platform: { ...impatient, discover: discoverWebSocket } }

describe('S122: host-meta', () => {
  test('S122: leads to a WebSocket under TLS that is who its address says, and to no other', async () => {
    await using server = await HostileServer.start({ trust })
    await using evil = await HostileServer.start({ trust })
    evil.certificate = trust.issue('e.example')
    pages[jrd] = link(server.service.ws, 'http://localhost/', 'javascript:alert(1)', 7, null, '', server.service.wss)
    await using victim = await Victim.login(server, byDocument)
    assert.equal(server.connection.transport, 'websocket')
    assert.equal(server.connections.length, 1, 'the one in the clear was not tried')
    assert.equal(victim.client.state.name, 'online')
    pages[jrd] = link(evil.service.wss)
    assert.partialDeepStrictEqual(await failsToLogIn(server, byDocument), { reason: 'bad-certificate' })
    pages[jrd] = link(server.service.ws)
    assert.equal((await failsToLogIn(server, byDocument))['kind'], 'connect')
    assert.equal(server.connections.length, 1)
    assert.deepEqual(evil.received(), [])
  })

  test('S122: is not asked for in the clear, nor followed there', async () => {
    await using server = await HostileServer.start({ trust })
    pages[`http ${jrd}`] = link(server.service.wss)
    pages[jrd] = (response) => void response.writeHead(302, { location: `${origins.http}${jrd}` }).end()
    assert.equal((await failsToLogIn(server, byDocument))['kind'], 'connect')
    pages[jrd] = (response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end()
    assert.equal((await failsToLogIn(server, byDocument))['kind'], 'connect')
    assert.equal(
      asked.some((url) => url.startsWith('http ')),
      false,
    )
    assert.equal(server.connections.length, 0)
  })

  test('S122: a document of one who is not the domain is not read', async () => {
    await using server = await HostileServer.start({ trust })
    pages[jrd] = link(server.service.wss)
    const stranger = makeTrust().issue('localhost')
    https.setSecureContext({ cert: stranger.certificate, key: stranger.key })
    https.closeAllConnections()
    assert.equal((await failsToLogIn(server, byDocument))['kind'], 'connect')
    https.setSecureContext({ cert, key })
    assert.equal(server.connections.length, 0)
    assert.deepEqual(asked, [])
  })
})

describe('S126: documents without end', () => {
  test('S126: are read so far and no further, with and without a length, from the first byte or drop by drop', async () => {
    await using server = await HostileServer.start({ trust })
    const sent: number[] = []
    const endless =
      (headers: Record<string, string>) =>
      (response: ServerResponse): void => {
        const at = sent.push(0) - 1
        response.writeHead(200, headers)
        const chunk = Buffer.alloc(16_384, ' ')
        const go = (): void => {
          while (!response.destroyed && sent[at]! < 64 << 20) {
            sent[at]! += chunk.length
            if (!response.write(chunk)) return void response.once('drain', go)
          }
        }
        go()
      }
    for (const headers of [
      {},
      { 'content-length': '10' },
      { 'content-type': 'application/json' },
      { 'content-encoding': 'identity' },
    ]) {
      pages[jrd] = endless(headers as Record<string, string>)
      pages['/.well-known/host-meta'] = endless(headers as Record<string, string>)
      assert.equal((await failsToLogIn(server, byDocument))['kind'], 'connect')
    }
    assert.ok(sent.length >= 8)
    for (const bytes of sent) assert.ok(bytes < 16 << 20, `${bytes} bytes were taken`)
  })

  test('S126: redirects without end, into the own network, and answers that never begin', async () => {
    await using server = await HostileServer.start({ trust })
    pages[jrd] = (response) => void response.writeHead(302, { location: jrd }).end()
    assert.equal((await failsToLogIn(server, byDocument))['kind'], 'connect')
    assert.ok(asked.length < 10, String(asked))
    pages[jrd] = (response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
    assert.equal((await failsToLogIn(server, byDocument))['kind'], 'connect')
    pages[jrd] = () => undefined
    pages['/.well-known/host-meta'] = () => undefined
    const begin = Date.now()
    const error = await failsToLogIn(server, { ...byDocument, attemptTimeout: 300 })
    assert.partialDeepStrictEqual(error, { kind: 'connect', reason: 'timeout' })
    assert.ok(Date.now() - begin < 10_000)
  })

  test('S126: compressed bombs are read so far and no further', async () => {
    await using server = await HostileServer.start({ trust })
    const bomb = gzipSync(Buffer.alloc(200 << 20, ' '))
    pages[jrd] = (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    const before = process.memoryUsage().rss
    assert.equal((await failsToLogIn(server, byDocument))['kind'], 'connect')
    assert.ok(process.memoryUsage().rss - before < 100 << 20)
  })
})
