/**
 * A TCP socket as a transport, in the clear or under TLS: bytes are neither decoded nor copied more than Node does by
 * itself.
 */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { TcpStream, type XmppStream } from '@rookery/protocol/stream'
import type { XmlLimits } from '@rookery/protocol/xml'
import type { TlsState, Transport, TransportSink } from '../transport.ts'
import type { Certificates } from './certificates.ts'
import { SocketTlsState } from './tls-state.ts'

/** How long a closed stream may take to send its last bytes, in milliseconds. */
const lingering = 5000

/** How much of what comes meanwhile is read and dropped. More waits where it is: a reset could cost the client the reason. */
const lingeringBytes = 16_384

export class SocketTransport implements Transport {
  #socket: Socket
  readonly #certificates: Certificates
  readonly remoteAddress: string
  readonly startsWithTls: boolean
  #tls: TlsState | undefined
  #sink: TransportSink | undefined
  #isClosed = false

  /** `startsWithTls`: TLS from the first byte (XEP-0368). */
  constructor(socket: Socket, certificates: Certificates, startsWithTls: boolean) {
    this.#socket = socket
    this.#certificates = certificates
    this.remoteAddress = socket.remoteAddress ?? ''
    this.startsWithTls = startsWithTls
  }

  get tls(): TlsState | undefined {
    return this.#tls
  }

  get canStartTls(): boolean {
    return this.#tls === undefined && !this.startsWithTls
  }

  get pending(): number {
    return this.#socket.writableLength
  }

  createStream(limits: XmlLimits): XmppStream {
    return new TcpStream(limits)
  }

  attach(sink: TransportSink): void {
    this.#sink = sink
    this.#listen(this.#socket)
  }

  write(wire: string): boolean {
    return this.#isClosed || this.#socket.write(wire, 'latin1')
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    const socket = this.#socket
    if (socket.destroyed) return
    socket.end()
    // the other side has a few seconds to take the last bytes and to close its own direction
    const timer = setTimeout(() => socket.destroy(), lingering)
    socket.once('close', () => clearTimeout(timer))
    // what still comes is read so that its end is seen, but not without end [S21]
    let patience = lingeringBytes
    socket.removeAllListeners('data')
    socket.on('data', (bytes: Buffer) => {
      patience -= bytes.length
      if (patience < 0) socket.pause()
    })
    socket.resume()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  startTls(host: string, done: (error?: Error) => void): void {
    const plain = this.#socket
    for (const event of ['data', 'drain', 'close', 'end']) plain.removeAllListeners(event)
    const gone = (): void => {
      this.#closed()
      done(new Error('the connection was closed before TLS began'))
    }
    plain.once('close', gone)
    plain.once('end', () => plain.destroy())
    // The first bytes are read here and handed on: TLS then reads into a buffer of their size. Otherwise it takes one of
    // 64 kB for each connection and keeps it. docs/develop/performance.md
    plain.once('data', (hello: Buffer) => {
      plain.off('close', gone)
      plain.pause()
      plain.unshift(hello)
      this.#handshake(plain, host, done)
    })
    plain.resume()
  }

  #handshake(plain: Socket, host: string, done: (error?: Error) => void): void {
    const setup = this.#certificates.setup(host, this.startsWithTls ? 'xmpp-client' : undefined)
    const secure = new TLSSocket(plain, setup.options)
    this.#socket = secure
    const failed = (error?: Error): void => {
      secure.destroy()
      plain.destroy()
      this.#closed()
      done(error ?? new Error('the connection was closed during the TLS handshake'))
    }
    secure.once('error', failed)
    secure.once('close', failed)
    secure.once('secure', () => {
      secure.off('error', failed)
      secure.off('close', failed)
      const problem = this.#certificates.clientProblem(secure)
      if (problem !== undefined) return failed(new Error(problem))
      this.#tls = new SocketTlsState(secure, setup)
      this.#listen(secure)
      done()
    })
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => this.#sink?.data(bytes.toString('latin1')))
    socket.on('drain', () => this.#sink?.drained())
    socket.on('error', () => undefined) // 'close' follows
    socket.on('close', () => this.#closed())
    // a client that closes without ending its stream has gone: nothing more can be said to it
    socket.on('end', () => this.#sink?.closed())
  }

  #closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#sink?.closed()
  }
}
