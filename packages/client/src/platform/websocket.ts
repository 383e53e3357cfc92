/** One connection over WebSocket, as pages and workers have it: an element is a message (RFC 7395). */
import { FRAME_END, WebSocketStream } from '@rookery/protocol/stream'
import { authenticated, fromWire, toWire } from '@rookery/protocol/xml'
import { onAbort } from '../contract/abort.ts'
import { deferred } from '../contract/deferred.ts'
import { type ClientError, ConnectError, StreamClosedError, UsageError } from '../contract/errors.ts'
import { isLoopback } from '../contract/loopback.ts'
import type { OpenOptions, Transport } from '../contract/platform.ts'

const subprotocol = 'xmpp' // [RFC7395 3.1]

/** How long the other side may take to close when we have, in milliseconds. */
const lingering = 5000

/** Throws a ConnectError, a UsageError where such a URL cannot be opened, or the reason of the signal. */
export async function openWebSocket(url: URL, options: OpenOptions): Promise<Transport> {
  const isSecure = allowWebSocket(url, options.plaintext)
  const { promise, resolve, reject } = deferred<Transport>()
  let socket: WebSocket
  try {
    socket = new WebSocket(url, subprotocol)
  } catch (cause) {
    throw new UsageError(`${url.origin} cannot be opened here: ${cause}. Pages from https: need wss:.`, {
      cause,
    })
  }
  const stopListening = onAbort(options.signal, (reason) => {
    reject(reason)
    socket.close()
  })
  // browsers tell their pages no more than that it failed
  const fail = (): void => reject(new ConnectError('unreachable', `No WebSocket of XMPP answers at ${url.href}.`))
  // where a page may not connect (Content-Security-Policy) there is no end of what has not begun
  socket.onclose = socket.onerror = fail
  socket.onopen = () => {
    if (socket.protocol === subprotocol) resolve(new WebSocketTransport(socket, isSecure, options))
    else {
      socket.close()
      fail()
    }
  }
  try {
    return await promise
  } finally {
    stopListening()
  }
}

/** Whether a `ws:` or `wss:` address is encrypted, or stays on this machine. Throws a UsageError where it is neither and has to be. */
export function allowWebSocket(url: URL, plaintext: boolean): boolean {
  const isSecure = url.protocol === 'wss:' || isLoopback(url.hostname)
  if (isSecure || plaintext) return isSecure
  throw new UsageError(`${url.href} is not encrypted: use a wss: address, or allow \`plaintext\`.`)
}

/** Codes that say that it was what we sent: a kind of data, against a policy, too large. [RFC6455 7.4.1] */
export const refusals: readonly unknown[] = [1003, 1008, 1009]

/** After `close` a WebSocket neither gives a message nor sends one. Pages cannot hold it back. */
class WebSocketTransport implements Transport {
  readonly stream: WebSocketStream = new WebSocketStream(authenticated)
  readonly isSecure: boolean
  readonly #socket: WebSocket
  readonly #options: OpenOptions
  /** Runs from `end` on. */
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(socket: WebSocket, isSecure: boolean, options: OpenOptions) {
    this.#socket = socket
    this.#options = options
    this.isSecure = isSecure
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data !== 'string')
        return this.destroy(new ConnectError('bad-answer', 'The server sent a binary frame.')) // [RFC7395 3.2]
      const wire = toWire(data)
      options.received(fromWire(wire) === data ? wire : '') // what XML cannot carry is no element [RFC7395 3.3.3]
    }
    socket.onclose = ({ code, wasClean }) => {
      const lost = new ConnectError('unreachable', `The connection was lost (WebSocket code ${code}).`)
      this.destroy(refusals.includes(code) ? new StreamClosedError('policy-violation') : wasClean ? undefined : lost)
    }
  }

  get unsent(): number {
    return this.#socket.bufferedAmount
  }

  write(wire: string): void {
    for (const frame of wire.split(FRAME_END)) if (frame !== '') this.#socket.send(fromWire(frame))
  }

  end(): void {
    this.#socket.close(1000)
    if (!this.#isClosed) this.#timer ??= setTimeout(() => this.destroy(), lingering)
  }

  destroy(reason?: ClientError): void {
    this.#socket.close()
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#options.closed(this.#timer === undefined ? reason : undefined)
  }
}
