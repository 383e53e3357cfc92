import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setDefaultCACertificates } from 'node:tls'
import { makeCertificate } from '../../../server/test/certificates.ts'
import { ConnectError } from '../contract/errors.ts'
import { discoverWebSocket } from './discovery.ts'

const authority = makeCertificate({ name: 'Authority' })
const never = new AbortController().signal
let server: Server
/** With a port, which names of domains have not, but URLs. */
let domain: string
let pages: Record<string, (response: ServerResponse) => void>
let asked: string[]

before(async () => {
  setDefaultCACertificates([authority.certificate])
  const { certificate: cert, key } = makeCertificate({ name: 'localhost', issuer: authority })
  server = createServer({ cert, key }, ({ url = '' }, response) => {
    asked.push(url)
    const page = pages[url]
    if (page === undefined) response.writeHead(404).end()
    else page(response)
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  domain = `localhost:${(server.address() as AddressInfo).port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  pages = {}
  asked = []
})

const jrd = '/.well-known/host-meta.json'
const xrd = '/.well-known/host-meta'
const rel = 'urn:xmpp:alt-connections:websocket'
const json = (href: string) => (response: ServerResponse) =>
  void response.end(JSON.stringify({ links: [{ rel, href }] }))
const to = (location: string) => (response: ServerResponse) => void response.writeHead(302, { location }).end()

const failed = async (signal = never): Promise<ConnectError> => {
  const error = await discoverWebSocket(domain, signal).then(String, (reason: unknown) => reason)
  assert.ok(error instanceof ConnectError, String(error))
  assert.match(error.message, /set `service`/)
  return error
}

test('finds the WebSocket in the one document, or else in the other', async () => {
  pages[jrd] = json('wss://chat.example.org/ws')
  assert.deepEqual(await discoverWebSocket(domain, never), ['wss://chat.example.org/ws'])
  assert.deepEqual(asked, [jrd])
  delete pages[jrd]
  pages[xrd] = (response) =>
    response.end(
      `<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'><Link rel='${rel}' href='wss://x.example.org/'/></XRD>`,
    )
  assert.deepEqual(await discoverWebSocket(domain, never), ['wss://x.example.org/'])
})

test('what no URL is, is none, and hides no other', async () => {
  const links = ['wss://a:99999/', 'wss://[::1/', 'wss://a%00b/', 'wss://good/'].map((href) => ({ rel, href }))
  pages[jrd] = (response) => response.end(JSON.stringify({ links }))
  assert.deepEqual(await discoverWebSocket(domain, never), ['wss://good/'])
  pages[jrd] = json('wss://a:99999/')
  assert.equal((await failed()).reason, 'unknown-host')
})

test('follows a few redirects', async () => {
  pages[jrd] = to('/elsewhere')
  pages['/elsewhere'] = to(`https://${domain}/there`)
  pages['/there'] = json('wss://chat.example.org/ws')
  assert.deepEqual(await discoverWebSocket(domain, never), ['wss://chat.example.org/ws'])
  pages['/there'] = to('/there')
  assert.equal((await failed()).reason, 'unknown-host')
  assert.ok(asked.length < 12, String(asked))
})

test('follows a redirect that only a browser knows', async (t) => {
  pages[jrd] = to('/elsewhere')
  pages['/elsewhere'] = json('wss://chat.example.org/ws')
  const real = globalThis.fetch
  t.mock.method(globalThis, 'fetch', async (url: string, how: RequestInit) => {
    if (how.redirect !== 'manual') return real(url, how)
    return { type: 'opaqueredirect', ok: false, status: 0, headers: new Headers(), url, body: null }
  })
  assert.deepEqual(await discoverWebSocket(domain, never), ['wss://chat.example.org/ws'])
})

describe('says to set the service where', () => {
  test('there is nothing', async () => {
    assert.equal((await failed()).reason, 'unknown-host')
  })

  test('there are only links without encryption', async () => {
    pages[jrd] = json('ws://chat.example.org/ws')
    assert.equal((await failed()).reason, 'unknown-host')
  })

  test('the server leads to a document that anybody could have written', async (t) => {
    let isAsked = false
    const plain = createHttpServer((_, response) => {
      isAsked = true
      json('wss://evil.example/')(response)
    })
    plain.listen(0, 'localhost')
    await once(plain, 'listening')
    t.after(() => plain.close())
    pages[jrd] = to(`http://localhost:${(plain.address() as AddressInfo).port}/`)
    assert.equal((await failed()).reason, 'unknown-host')
    assert.equal(isAsked, false)
  })

  test('a document came from where anybody could have written it in the end', async (t) => {
    pages[jrd] = json('wss://evil.example/')
    const real = globalThis.fetch
    t.mock.method(globalThis, 'fetch', async (url: string, how: RequestInit) => {
      const answer = await real(url, how)
      return Object.defineProperty(answer, 'url', { value: url.replace('https:', 'http:') })
    })
    assert.equal((await failed()).reason, 'unknown-host')
  })

  test('a document does not end', async () => {
    // [S126]
    let sent = 0
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    pages[jrd] = (response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(16_384))) sent += 16_384
      }
      response.on('drain', more)
      response.on('close', resolve)
      more()
    }
    await failed()
    await gone
    assert.ok(sent < 16_777_216, `${sent} bytes went into buffers`)
  })

  test('nobody is there', async () => {
    const there = domain
    domain = 'localhost:1'
    assert.equal((await failed()).reason, 'unreachable')
    domain = there
  })
})

test('a document that trickles is left after some seconds', async (t) => {
  t.mock.method(AbortSignal, 'timeout', () => late.signal)
  const late = new AbortController()
  pages[jrd] = (response) => {
    response.write('{')
    setImmediate(() => late.abort(new DOMException('late', 'TimeoutError')))
  }
  assert.equal((await failed()).reason, 'unreachable')
})

test('the signal ends it', async () => {
  const abort = new AbortController()
  const reason = new Error('the user has left')
  pages[jrd] = () => abort.abort(reason)
  await assert.rejects(discoverWebSocket(domain, abort.signal), reason)
})
