import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createPlainServer, type IncomingMessage, type Server as PlainServer } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { findBinding } from '@rookery/protocol/sasl'
import { FRAME_END } from '@rookery/protocol/stream'
import { toWire } from '@rookery/protocol/xml'
import { type WebSocket, WebSocketServer } from 'ws'
import { makeCertificate } from '../../../server/test/certificates.ts'
import { Bell } from '../../test/waiting.ts'
import { ConnectError, UsageError } from '../contract/errors.ts'
import type { OpenOptions, Transport } from '../contract/platform.ts'
import { nodePlatform } from './node-platform.ts'

const authority = makeCertificate({ name: 'Authority' })

interface Serving {
  readonly url: string
  /** The first connection. */
  readonly next: Promise<{ ws: WebSocket; socket: Socket; request: IncomingMessage }>
}

async function serve(t: TestContext, name?: string, protocol = 'xmpp'): Promise<Serving> {
  const made = name === undefined ? undefined : makeCertificate({ name, issuer: authority })
  const http = made === undefined ? createPlainServer() : createServer({ cert: made.certificate, key: made.key })
  const server = new WebSocketServer({ server: http, handleProtocols: () => protocol })
  const next = new Promise<{ ws: WebSocket; socket: Socket; request: IncomingMessage }>((resolve) =>
    server.on('connection', (ws, request) => {
      ws.on('error', () => undefined)
      resolve({ ws, socket: request.socket, request })
    }),
  )
  const port = await listen(t, http)
  t.after(() => {
    for (const ws of server.clients) ws.terminate()
  })
  return { url: `${made === undefined ? 'ws' : 'wss'}://localhost:${port}/xmpp?a=b`, next }
}

async function listen(t: TestContext, http: PlainServer | ReturnType<typeof createServer>): Promise<number> {
  http.listen(0, 'localhost')
  await once(http, 'listening')
  t.after(() => http.close())
  return (http.address() as AddressInfo).port
}

class Opened {
  transport!: Transport
  frames: string[] = []
  reason: ConnectError | undefined
  calls = 0
  readonly #bell = new Bell()

  static async to(t: TestContext, url: string, options: Partial<OpenOptions> = {}): Promise<Opened> {
    const opened = new Opened()
    opened.transport = await nodePlatform.open(url, {
      domain: 'example.org',
      signal: new AbortController().signal,
      plaintext: false,
      tls: { ca: authority.certificate },
      received: (wire) => {
        opened.frames.push(wire)
        opened.#bell.ring()
      },
      closed: (reason) => {
        opened.calls++
        opened.reason = reason as ConnectError | undefined
        opened.#bell.ring()
      },
      ...options,
    })
    t.after(() => opened.transport.destroy())
    return opened
  }

  until(isSo: () => boolean): Promise<undefined> {
    return this.#bell.until(isSo)
  }
}

describe('the handshake', () => {
  test('asks for XMPP at the path of the URL, under TLS with the name of its host', async (t) => {
    const { url, next } = await serve(t, 'localhost')
    const { transport } = await Opened.to(t, url)
    const { request, socket } = await next
    assert.equal(request.url, '/xmpp?a=b')
    assert.equal(request.headers['sec-websocket-protocol'], 'xmpp')
    assert.equal(request.headers.host, new URL(url).host)
    assert.equal(transport.isSecure, true)
    const data = (socket as TLSSocket).exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    assert.deepEqual(findBinding(transport.channel!.bindings, 'tls-exporter')?.data, data)
    assert.equal(transport.channel?.tlsVersion, 'TLSv1.3')
  })

  test('a certificate for the domain, but not for the host of the URL, is refused', async (t) => {
    // [S122]
    const { url } = await serve(t, 'example.org')
    await assert.rejects(Opened.to(t, url), { kind: 'connect', reason: 'bad-certificate' })
  })

  test('without TLS is for this machine, or where it is allowed', async (t) => {
    const { url } = await serve(t)
    const { transport } = await Opened.to(t, url)
    assert.equal(transport.isSecure, true)
    assert.equal(transport.channel, undefined)
    await assert.rejects(Opened.to(t, 'ws://example.org/'), UsageError)
  })

  for (const [what, answer] of [
    ['another subprotocol', undefined],
    ['a page', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
    [
      'a wrong key',
      'HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n',
    ],
  ] as const)
    test(`${what} for an answer is refused`, async (t) => {
      let url: string
      if (answer === undefined) url = (await serve(t, undefined, 'chat')).url
      else {
        const http = createPlainServer()
        http.on('connection', (socket) => {
          socket.removeAllListeners('data')
          socket.once('data', () => socket.write(answer))
          t.after(() => socket.destroy())
        })
        url = `ws://localhost:${await listen(t, http)}/`
      }
      await assert.rejects(Opened.to(t, url), { kind: 'connect', reason: 'bad-answer' })
    })

  test('is waited for until the signal', async (t) => {
    const abort = new AbortController()
    const http = createPlainServer()
    http.on('upgrade', (_, socket) => {
      t.after(() => socket.destroy())
      abort.abort(new ConnectError('timeout', 'too slow'))
    })
    const url = `ws://localhost:${await listen(t, http)}/`
    await assert.rejects(Opened.to(t, url, { signal: abort.signal }), { kind: 'connect', reason: 'timeout' })
  })
})

describe('messages', () => {
  test('of all sizes go both ways unchanged', async (t) => {
    const { url, next } = await serve(t)
    const opened = await Opened.to(t, url)
    const { ws } = await next
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }))
    const texts = [0, 1, 119, 120, 65_529, 65_530, 200_000].map((length) => `<a>${'ü'.repeat(length)}</a>`)
    for (const text of texts) opened.transport.write(toWire(text) + FRAME_END)
    assert.ok(opened.transport.unsent > 500_000)
    await opened.until(() => opened.frames.length === texts.length)
    assert.deepEqual(opened.frames, texts.map(toWire))
    assert.equal(opened.transport.unsent, 0)
  })

  test('in pieces of pieces are put together, with pings between', async (t) => {
    const { url, next } = await serve(t)
    const opened = await Opened.to(t, url)
    const { ws, socket } = await next
    const { promise: pong, resolve } = Promise.withResolvers<Buffer>()
    ws.on('pong', resolve)
    const frame = (head: number, text: string): Buffer =>
      Buffer.concat([Buffer.from([head, text.length]), Buffer.from(text)])
    const bytes = [
      frame(0x01, '<a>'),
      frame(0x89, 'are you there'),
      frame(0x00, ''),
      frame(0x80, '</a>'),
      frame(0x81, '<b/>'),
    ]
    for (const byte of Buffer.concat(bytes)) socket.write(Buffer.from([byte]))
    await opened.until(() => opened.frames.length === 2)
    assert.deepEqual(opened.frames, ['<a></a>', '<b/>'])
    assert.equal(String(await pong), 'are you there')
  })

  for (const [what, bytes, code] of [
    ['a masked frame', [0x81, 0x81, 0, 0, 0, 0, 0x3c], 1002],
    ['a frame of an extension', [0xc1, 0x01, 0x3c], 1002],
    ['a binary frame', [0x82, 0x01, 0x3c], 1003],
    ['an unknown frame', [0x8b, 0x00], 1002],
    ['a reserved frame', [0x83, 0x01, 0x3c], 1002],
    ['a continuation of nothing', [0x80, 0x01, 0x3c], 1002],
    ['a message within another', [0x01, 0x01, 0x3c, 0x81, 0x01, 0x3c], 1002],
    ['a ping in pieces', [0x09, 0x00], 1002],
    ['a long ping', [0x89, 0x7e, 0x00, 0x7e], 1002],
    ['a message too large', [0x81, 0x7f, 0, 0, 0, 0, 2, 0, 0, 1], 1009],
    ['a message of 2^63 bytes', [0x81, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 0], 1009],
  ] as const)
    test(`${what} ends the connection with ${code}`, async (t) => {
      const { url, next } = await serve(t)
      const opened = await Opened.to(t, url)
      const { ws, socket } = await next
      socket.write(Buffer.from(bytes))
      assert.equal((await once(ws, 'close'))[0], code)
      await opened.until(() => opened.calls > 0)
      assert.equal(opened.reason?.reason, 'bad-answer')
      assert.deepEqual(opened.frames, [])
    })

  test('in pieces that are together too large end it, too', async (t) => {
    const { url, next } = await serve(t)
    const opened = await Opened.to(t, url)
    const { ws } = await next
    for (let i = 0; i < 40; i++) ws.send('x'.repeat(1 << 20), { fin: false })
    assert.equal((await once(ws, 'close'))[0], 1009)
    assert.deepEqual(opened.frames, [])
  })

  test('are held back while the client is paused', async (t) => {
    const { url, next } = await serve(t)
    const opened = await Opened.to(t, url)
    const { ws, socket } = await next
    opened.transport.pause!()
    const text = `<a>${'x'.repeat(100_000)}</a>`
    for (let i = 0; i < 300; i++) ws.send(text)
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(socket.writableLength > 0, 'the server has to keep them')
    opened.transport.resume!()
    await opened.until(() => opened.frames.length === 300)
  })
})

describe('the end', () => {
  test('of ours comes behind what was written, and is over once', async (t) => {
    const { url, next } = await serve(t)
    const opened = await Opened.to(t, url)
    const { ws } = await next
    const heard: string[] = []
    ws.on('message', (data) => heard.push(String(data)))
    opened.transport.write(`<a/>${FRAME_END}<b/>${FRAME_END}`)
    opened.transport.end()
    opened.transport.write(`<late/>${FRAME_END}`)
    assert.equal((await once(ws, 'close'))[0], 1000)
    await opened.until(() => opened.calls > 0)
    assert.deepEqual(heard, ['<a/>', '<b/>'])
    assert.deepEqual([opened.calls, opened.reason], [1, undefined])
  })

  test('of theirs is answered, and has no reason; one without a word has', async (t) => {
    const one = await serve(t)
    const ended = await Opened.to(t, one.url)
    const { ws } = await one.next
    ws.send('<last/>')
    ws.close(1000)
    assert.equal((await once(ws, 'close'))[0], 1000)
    await ended.until(() => ended.calls > 0)
    assert.deepEqual([ended.frames, ended.calls, ended.reason], [['<last/>'], 1, undefined])

    const other = await serve(t)
    const lost = await Opened.to(t, other.url)
    ;(await other.next).socket.destroy()
    await lost.until(() => lost.calls > 0)
    assert.deepEqual([lost.calls, lost.reason?.reason], [1, 'unreachable'])
  })
})
