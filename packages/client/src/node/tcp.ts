/** One connection over TCP, in the clear until STARTTLS, or under TLS from the first byte (RFC 6120 section 5, XEP-0368 version 1.1). */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { SaslChannel } from '@rookery/protocol/sasl'
import { TcpStream } from '@rookery/protocol/stream'
import { authenticated } from '@rookery/protocol/xml'
import { ConnectError } from '../contract/errors.ts'
import type { OpenOptions, Transport } from '../contract/platform.ts'
import { channelOf } from './channel.ts'
import { connectTcp } from './happy-eyeballs.ts'
import { hostOf, portOf } from './host-name.ts'
import { Shares } from './shares.ts'
import { secure } from './tls.ts'

/** How long the other side may take to close when we have, in milliseconds. */
const lingering = 5000

/** `url`: `xmpps://host:port` or `xmpp://host:port`. */
export async function openTcp(url: URL, options: OpenOptions): Promise<Transport> {
  const isDirect = url.protocol === 'xmpps:'
  const { domain, tls, signal } = options
  const plain = await connectTcp(hostOf(url.hostname), portOf(url, isDirect ? 5223 : 5222), signal)
  plain.setKeepAlive(true, 60_000)
  if (!isDirect) return new TcpTransport(plain, options)
  // the certificate and the server name are the domain's, wherever its records have sent us [RFC6120 13.7.1.2, XEP-0368 4]
  return new TcpTransport(await secure(plain, { name: hostOf(domain), alpn: 'xmpp-client', tls, signal }), options)
}

class TcpTransport implements Transport {
  readonly stream: TcpStream = new TcpStream(authenticated)
  readonly #options: OpenOptions
  #socket: Socket
  #shares: Shares
  /** Written in this turn of the event loop; goes out in one piece. */
  #waiting = ''
  #channel: SaslChannel | undefined
  #isEnding = false
  #isClosed = false

  constructor(socket: Socket, options: OpenOptions) {
    this.#options = options
    this.#socket = socket
    this.#shares = this.#listen(socket)
  }

  get channel(): SaslChannel | undefined {
    return this.#channel
  }

  get isSecure(): boolean {
    return this.#socket instanceof TLSSocket
  }

  get unsent(): number {
    return this.#socket.writableLength + this.#waiting.length
  }

  get startTls(): (() => Promise<undefined>) | undefined {
    return this.isSecure ? undefined : () => this.#startTls()
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

  end(): void {
    if (this.#isEnding || this.#isClosed) return
    this.#flush()
    this.#isEnding = true
    const socket = this.#socket
    this.#shares.resume() // its end is not seen before what comes is read
    socket.end()
    const timer = setTimeout(() => this.destroy(), lingering)
    socket.once('close', () => clearTimeout(timer))
  }

  destroy(): void {
    this.#socket.destroy()
    this.#closed()
  }

  async #startTls(): Promise<undefined> {
    const plain = this.#socket
    this.#flush()
    this.#shares.stop()
    for (const event of ['error', 'close']) plain.removeAllListeners(event)
    plain.on('error', () => undefined) // TLS reports it
    // what came in the clear behind <proceed/> was put there by somebody in between, and counts for nothing [RFC6120 5.4.3.3, S35]
    this.stream.takeRest()
    const { domain, tls, signal } = this.#options
    try {
      this.#socket = await secure(plain, { name: hostOf(domain), tls, signal })
    } catch (error) {
      this.#isClosed = true // the one who waits for TLS is told
      throw error
    }
    if (this.#isClosed)
      this.#socket.destroy() // by `destroy`, meanwhile
    else this.#shares = this.#listen(this.#socket)
  }

  #flush(): void {
    if (this.#waiting === '') return
    const wire = this.#waiting
    this.#waiting = ''
    this.#socket.write(Buffer.from(wire, 'latin1')) // Deno writes texts that wait for one another as UTF-8 (seen in 2.9)
  }

  #listen(socket: Socket): Shares {
    if (socket instanceof TLSSocket) this.#channel = channelOf(socket, this.#options.tls)
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#lost(new ConnectError('unreachable', `The connection was lost (${error.code ?? error.message}).`, error)),
    )
    socket.on('close', () =>
      this.#lost(new ConnectError('unreachable', 'The connection was closed, and the server did not say why.')),
    )
    return new Shares(socket, (bytes) => {
      if (!this.#isClosed) this.#options.received(bytes.toString('latin1'))
    })
  }

  /** What came before is read: it may say why. */
  #lost(reason: ConnectError): void {
    this.#shares.takeRest()
    this.#closed(reason)
  }

  #closed(reason?: ConnectError): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#waiting = ''
    this.#options.closed(this.#isEnding ? undefined : reason)
  }
}
