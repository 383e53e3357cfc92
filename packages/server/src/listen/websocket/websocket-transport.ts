/**
 * A WebSocket as a transport: an element for each text message (RFC 7395, RFC 6455). Messages come from the `ws` library; what is
 * sent in one turn goes to the socket as one write, past its sender, which would make a buffer for each element.
 */
import type { Socket } from 'node:net'
import { FRAME_END, WebSocketStream, type XmppStream } from '@rookery/protocol/stream'
import type { XmlLimits } from '@rookery/protocol/xml'
import type { WebSocket } from 'ws'
import type { TlsState, Transport, TransportSink } from '../../transport.ts'
import type { Peer } from '../http/peer.ts'
import { textFrame } from './frames.ts'

/** Pings and unasked pongs that may come between two looks at a connection. */
const mostControlFrames = 100

/** What may wait in the socket when a ping is answered. [RFC6455 5.5.3] allows to leave pongs out. */
const mostWaiting = 65_536

/** How long the other side may take to answer that the WebSocket is closed, in milliseconds. */
const lingering = 5000

/** Codes of RFC 6455 section 7.4.1. */
const closing = { normal: 1000, unsupported: 1003, policy: 1008 } as const

export class WebSocketTransport implements Transport {
  readonly #ws: WebSocket
  readonly #socket: Socket
  readonly remoteAddress: string
  readonly tls: TlsState | undefined
  readonly canStartTls = false // [RFC7395 3.9]
  readonly startsWithTls = false
  #sink: TransportSink | undefined
  /** The beginning of an element whose end has not been written. */
  #begun = ''
  #isClosed = false
  /** Since the last look. */
  #hasHeard = true
  #isAsked = false
  #controlFrames = 0

  constructor(ws: WebSocket, socket: Socket, peer: Peer) {
    this.#ws = ws
    this.#socket = socket
    this.remoteAddress = peer.address
    this.tls = peer.tls
  }

  get pending(): number {
    return this.#socket.writableLength + this.#begun.length
  }

  createStream(limits: XmlLimits): XmppStream {
    return new WebSocketStream(limits)
  }

  attach(sink: TransportSink): void {
    this.#sink = sink
    const ws = this.#ws
    ws.on('message', (data: Buffer, isBinary) => {
      this.#hasHeard = true
      if (isBinary)
        this.#fail(closing.unsupported, 'frames are text') // [RFC7395 3.2]
      else sink.data(data.toString('latin1'))
    })
    ws.on('ping', (data: Buffer) => {
      if (this.#hasControl() && this.#socket.writableLength < mostWaiting) ws.pong(data)
    })
    ws.on('pong', () => this.#hasControl())
    ws.on('error', () => undefined) // 'close' follows, with the code that fits [S105]
    ws.on('close', () => this.#closed())
    this.#socket.on('drain', () => sink.drained())
  }

  write(wire: string): boolean {
    if (this.#isClosed) return true
    if (this.#ws.readyState !== this.#ws.OPEN) {
      // the client has closed: behind the closing frame nothing may come [RFC6455 5.5.1]
      queueMicrotask(() => this.#closed())
      return false
    }
    let frames = ''
    let from = 0
    for (let end = wire.indexOf(FRAME_END); end >= 0; end = wire.indexOf(FRAME_END, from)) {
      frames += textFrame(this.#begun + wire.slice(from, end))
      this.#begun = ''
      from = end + 1
    }
    if (from < wire.length) this.#begun += from === 0 ? wire : wire.slice(from)
    return frames === '' || this.#socket.write(frames, 'latin1')
  }

  pause(): void {
    this.#ws.pause()
  }

  resume(): void {
    this.#ws.resume()
  }

  /** The closing handshake, for which the other side has a few seconds. [RFC7395 3.6] */
  end(): void {
    this.#ws.resume()
    this.#close(closing.normal, '')
  }

  destroy(): void {
    this.#ws.terminate()
  }

  startTls(_host: string, done: (error?: Error) => void): void {
    done(new Error('a WebSocket is secured below'))
  }

  /** Called at intervals: asks a silent client for a sign of life, and takes one that gave none for gone. [RFC7395 3.8] */
  look(): void {
    this.#controlFrames = 0
    const isAlive = this.#hasHeard || this.#ws.isPaused // who is not read cannot be heard
    this.#hasHeard = false
    if (isAlive) this.#isAsked = false
    else if (this.#isAsked) this.destroy()
    else {
      this.#isAsked = true
      if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping()
    }
  }

  /** A control frame came; false when there were too many. [S105] */
  #hasControl(): boolean {
    this.#hasHeard = true
    if (++this.#controlFrames <= mostControlFrames) return true
    if (this.#controlFrames === mostControlFrames + 1) this.#fail(closing.policy, 'too many pings')
    return false
  }

  #fail(code: number, reason: string): void {
    this.#close(code, reason)
    this.#socket.end() // [RFC6455 7.1.7]
    this.#closed()
  }

  #close(code: number, reason: string): void {
    if (this.#ws.readyState === this.#ws.CLOSED) return
    this.#ws.close(code, reason)
    const timer = setTimeout(() => this.#ws.terminate(), lingering)
    this.#ws.once('close', () => clearTimeout(timer))
  }

  #closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#sink?.closed()
  }
}
