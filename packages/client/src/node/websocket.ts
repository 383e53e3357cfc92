/**
 * One connection over WebSocket from Node (RFC 6455, RFC 7395), with a client of its own: the global one trusts no other authorities, tells neither
 * the certificate nor why it was refused, cannot be held back, and is missing in Node 20.
 */
import { createHash, randomBytes } from 'node:crypto'
import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { SaslChannel } from '@rookery/protocol/sasl'
import { FRAME_END, WebSocketStream } from '@rookery/protocol/stream'
import { authenticated } from '@rookery/protocol/xml'
import { onAbort } from '../contract/abort.ts'
import { deferred } from '../contract/deferred.ts'
import { type ClientError, ConnectError, StreamClosedError } from '../contract/errors.ts'
import type { OpenOptions, Transport } from '../contract/platform.ts'
import { allowWebSocket, refusals } from '../platform/websocket.ts'
import { channelOf } from './channel.ts'
import { connectTcp } from './happy-eyeballs.ts'
import { hostOf, portOf } from './host-name.ts'
import { Shares } from './shares.ts'
import { secure } from './tls.ts'
import { closing, encodeFrames, FrameReader, opcode } from './websocket-frames.ts'

const subprotocol = 'xmpp' // [RFC7395 3.1]

/** Bytes of a message: more than the stream reads, which says what becomes of it. */
const largest = 32 << 20

/** What may wait in the socket when a ping is answered. [RFC6455 5.5.3] allows to leave pongs out. */
const mostWaiting = 65_536

/** How long the other side may take to close when we have, in milliseconds. */
const lingering = 5000

/** Throws a ConnectError, a UsageError, or the reason of the signal. */
export async function openWebSocket(url: URL, options: OpenOptions): Promise<Transport> {
  const isSecure = allowWebSocket(url, options.plaintext)
  const { tls, signal } = options
  const isEncrypted = url.protocol === 'wss:'
  const name = hostOf(url.hostname)
  let socket = await connectTcp(name, portOf(url, isEncrypted ? 443 : 80), signal)
  socket.setKeepAlive(true, 60_000)
  // the certificate is for the host of the URL: whoever named it vouches for it [RFC7395 4.1, XEP-0156 4, S122]
  if (isEncrypted) socket = await secure(socket, { name, alpn: 'http/1.1', tls, signal })
  const head = await upgrade(socket, url, signal)
  return new WebSocketTransport(socket, isSecure, head, options)
}

/** The handshake; gives the bytes that came behind it. */
async function upgrade(socket: Socket, url: URL, signal: AbortSignal): Promise<Buffer> {
  const { promise, resolve, reject } = deferred<Buffer>()
  const key = randomBytes(16).toString('base64')
  const asking = request({
    createConnection: () => socket,
    host: hostOf(url.hostname),
    path: url.pathname + url.search,
    headers: {
      Host: url.host,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': key,
      'Sec-WebSocket-Protocol': subprotocol,
    },
  })
  const bad = (what: string): void => reject(new ConnectError('bad-answer', `${url.href} ${what}.`))
  asking.on('upgrade', (answer, _, head) => (isAccepted(answer, key) ? resolve(head) : bad('has no WebSocket of XMPP')))
  asking.on('response', ({ statusCode }) => bad(`is no WebSocket: it answers with status ${statusCode}`))
  asking.on('error', (error: NodeJS.ErrnoException) =>
    error.code?.startsWith('HPE_')
      ? bad('speaks no HTTP')
      : reject(new ConnectError('unreachable', `${url.host} broke the connection off (${error.code}).`, error)),
  )
  const stopListening = onAbort(signal, reject)
  asking.end()
  try {
    return await promise
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    stopListening()
  }
}

/** [RFC6455 4.1], where the answer is validated */
function isAccepted({ headers }: IncomingMessage, key: string): boolean {
  const wanted = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return (
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-accept'] === wanted &&
    headers['sec-websocket-protocol'] === subprotocol &&
    headers['sec-websocket-extensions'] === undefined
  )
}

class WebSocketTransport implements Transport {
  readonly stream: WebSocketStream = new WebSocketStream(authenticated)
  readonly isSecure: boolean
  readonly channel: SaslChannel | undefined
  readonly #socket: Socket
  readonly #shares: Shares
  readonly #options: OpenOptions
  /** Written in this turn of the event loop; goes out in one piece. */
  #waiting = ''
  #isEnding = false
  #isClosed = false

  constructor(socket: Socket, isSecure: boolean, head: Buffer, options: OpenOptions) {
    this.#socket = socket
    this.#options = options
    this.isSecure = isSecure
    if (socket instanceof TLSSocket) this.channel = channelOf(socket, options.tls, { isOftenProxied: true })
    const reader = new FrameReader(largest, {
      text: (wire) => {
        if (!this.#isClosed) options.received(wire)
      },
      ping: (payload) => {
        if (!this.#isEnding && this.unsent < mostWaiting) this.#send(opcode.pong, [payload])
      },
      closed: (code) => {
        const isOurs = !this.#isEnding && refusals.includes(code)
        this.end()
        this.#closed(isOurs ? new StreamClosedError('policy-violation', `WebSocket code ${code}`) : undefined)
      },
      failed: (code, what) => {
        const reason = this.#isEnding ? undefined : new ConnectError('bad-answer', `The server sent ${what}.`)
        this.#close(code)
        this.#closed(reason)
      },
    })
    this.#shares = new Shares(socket, (bytes) => reader.feed(bytes))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#lost(error.code ?? error.message, error))
    socket.on('close', () => this.#lost('without a word', undefined))
    if (head.length > 0) socket.unshift(head)
    socket.resume()
  }

  get unsent(): number {
    return this.#socket.writableLength + this.#waiting.length
  }

  write(wire: string): void {
    if (this.#isEnding || this.#isClosed) return
    if (this.#waiting === '') queueMicrotask(() => this.#flush())
    this.#waiting += wire
  }

  pause(): void {
    this.#shares.pause()
  }

  resume(): void {
    this.#shares.resume()
  }

  /** [RFC6455 7.1.2] */
  end(): void {
    if (this.#isEnding || this.#isClosed) return
    this.#flush()
    this.#close(closing.normal)
  }

  destroy(): void {
    this.#socket.destroy()
    this.#closed()
  }

  #close(code: number): void {
    if (this.#isEnding) return
    this.#isEnding = true
    const payload = Buffer.alloc(2)
    payload.writeUInt16BE(code)
    const socket = this.#socket
    this.#send(opcode.close, [payload])
    this.#shares.resume() // its end is not seen before what comes is read
    const timer = setTimeout(() => socket.destroy(), lingering)
    socket.once('close', () => clearTimeout(timer))
  }

  #flush(): void {
    if (this.#waiting === '') return
    const frames = this.#waiting.split(FRAME_END)
    this.#waiting = ''
    frames.pop() // each ends with it, so nothing is behind the last
    this.#send(opcode.text, frames)
  }

  #send(code: number, payloads: readonly (string | Buffer)[]): void {
    this.#socket.write(encodeFrames(code, payloads))
  }

  #lost(how: string, cause: Error | undefined): void {
    this.#shares.takeRest() // it may say why
    this.#closed(
      this.#isEnding ? undefined : new ConnectError('unreachable', `The connection was lost (${how}).`, cause),
    )
  }

  #closed(reason?: ClientError): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#waiting = ''
    if (this.#isEnding) this.#socket.end()
    this.#options.closed(reason)
  }
}
