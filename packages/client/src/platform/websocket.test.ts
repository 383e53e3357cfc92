import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { FRAME_END } from '@rookery/protocol/stream'
import { parseElement, toWire, XmlError } from '@rookery/protocol/xml'
import { type WebSocket, WebSocketServer } from 'ws'
import { Bell } from '../../test/waiting.ts'
import { ConnectError, UsageError } from '../contract/errors.ts'
import type { OpenOptions, Transport } from '../contract/platform.ts'
import { webPlatform } from './web-platform.ts'

async function listen(
  t: TestContext,
  connected: (ws: WebSocket, socket: Socket) => void,
  protocol = 'xmpp',
): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => protocol })
  server.on('connection', (ws, request) => {
    ws.on('error', () => undefined)
    connected(ws, request.socket)
  })
  await once(server, 'listening')
  t.after(() => {
    for (const ws of server.clients) ws.terminate()
    server.close()
  })
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/xmpp-websocket`
}

class Opened {
  transport!: Transport
  frames: string[] = []
  reason: ConnectError | undefined
  calls = 0
  readonly #bell = new Bell()

  static async to(url: string, options: Partial<OpenOptions> = {}): Promise<Opened> {
    const opened = new Opened()
    opened.transport = await webPlatform.open(url, {
      domain: 'example.org',
      signal: new AbortController().signal,
      plaintext: false,
      tls: {},
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
    return opened
  }

  until(isSo: () => boolean): Promise<undefined> {
    return this.#bell.until(isSo)
  }
}

test('what is written goes out element by element, as text; what comes is wire again', async (t) => {
  const url = await listen(t, (ws) => ws.on('message', (data, isBinary) => ws.send(`${isBinary} ${data}`)))
  const opened = await Opened.to(url)
  opened.transport.write(`<a>${toWire('Grüße 🐦')}</a>${FRAME_END}<b/>${FRAME_END}`)
  opened.transport.write(`<c/>${FRAME_END}`)
  await opened.until(() => opened.frames.length === 3)
  assert.deepEqual(opened.frames, [toWire('false <a>Grüße 🐦</a>'), 'false <b/>', 'false <c/>'])
  assert.equal(opened.transport.unsent, 0)
  opened.transport.destroy()
  assert.deepEqual([opened.calls, opened.reason], [1, undefined])
})

test('without TLS it is allowed to this machine, and secure there as browsers see it', async (t) => {
  const opened = await Opened.to(await listen(t, () => undefined))
  assert.equal(opened.transport.isSecure, true)
  assert.equal(opened.transport.channel, undefined)
  opened.transport.destroy()
  for (const url of ['ws://example.org/', 'ws://127.0.0.1.example.org/', 'ws://notlocalhost/'])
    await assert.rejects(Opened.to(url), UsageError)
  for (const url of ['https://example.org', 'xmpp://example.org:5222', 'example.org'])
    await assert.rejects(Opened.to(url), /wss:/)
})

test('an end is answered, and says once that all is over', async (t) => {
  const { promise: code, resolve } = Promise.withResolvers<number>()
  const opened = await Opened.to(await listen(t, (ws) => ws.on('close', resolve)))
  opened.transport.end()
  opened.transport.write(`<late/>${FRAME_END}`)
  assert.equal(await code, 1000)
  await opened.until(() => opened.calls > 0)
  opened.transport.destroy()
  assert.deepEqual([opened.calls, opened.reason], [1, undefined])
})

test('a binary frame ends the connection', async (t) => {
  const opened = await Opened.to(await listen(t, (ws) => ws.send(Buffer.from('<a/>'))))
  await opened.until(() => opened.calls > 0)
  assert.equal(opened.reason?.reason, 'bad-answer')
  assert.deepEqual(opened.frames, [])
})

test('what XML cannot carry is not made good: no frame with it is an element', async (t) => {
  const frames = ['\0', '\x01', '\uffff'].map((char) => `<a>${char}</a>`)
  const opened = await Opened.to(await listen(t, (ws) => frames.forEach((frame) => void ws.send(frame))))
  await opened.until(() => opened.frames.length === frames.length)
  for (const frame of opened.frames) assert.ok(parseElement(frame) instanceof XmlError)
  opened.transport.destroy()
})

test('a connection that breaks gives a reason, one that the server ends in order gives none', async (t) => {
  const broken = await Opened.to(await listen(t, (ws, socket) => ws.once('message', () => socket.destroy())))
  broken.transport.write(`<a/>${FRAME_END}`)
  await broken.until(() => broken.calls > 0)
  assert.equal(broken.reason?.reason, 'unreachable')
  const ended = await Opened.to(await listen(t, (ws) => ws.close(1000)))
  await ended.until(() => ended.calls > 0)
  assert.deepEqual([ended.calls, ended.reason], [1, undefined])
})

test('a code that says that it was what we sent is an error of the stream', async (t) => {
  for (const code of [1003, 1008, 1009]) {
    const opened = await Opened.to(await listen(t, (ws) => ws.close(code)))
    await opened.until(() => opened.calls > 0)
    assert.match(String(opened.reason), /^StreamClosedError: .* policy-violation/, `${code}`)
  }
})

test('what is no WebSocket of XMPP is refused', async (t) => {
  const server = createServer((_, response) => response.writeHead(404).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const urls = [`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, await listen(t, () => undefined, 'chat')]
  for (const url of urls)
    await assert.rejects(Opened.to(url), (error) => error instanceof ConnectError && error.reason === 'unreachable')
})

test('a server that says nothing is waited for until the signal', async (t) => {
  const abort = new AbortController()
  const server = createServer()
  server.on('upgrade', () => abort.abort(new ConnectError('timeout', 'too slow')))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  await assert.rejects(Opened.to(`ws://127.0.0.1:${port}/`, { signal: abort.signal }), {
    kind: 'connect',
    reason: 'timeout',
  })
})
