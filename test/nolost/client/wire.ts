/** One TCP or TLS connection with an XMPP stream on it (RFC 6120), client side: elements in and out. No login, no stanzas, no second attempt. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { NS } from '@rookery/protocol'
import { STREAM_END, StreamError, StreamHeader, TcpStream } from '@rookery/protocol/stream'
import { authenticated, type Element } from '@rookery/protocol/xml'

export class WireClosed extends Error {}

interface Waiting {
  resolve(element: Element): void
  reject(error: Error): void
}

export class Wire {
  #socket: Socket | TLSSocket
  /** Beneath TLS. */
  readonly #tcp: Socket
  readonly #stream = new TcpStream(authenticated)
  readonly #received: Element[] = []
  #waiting: Waiting | undefined
  #take: ((element: Element) => void) | undefined
  #onClose: (() => void) | undefined
  #isFrozen = false
  /** Why nothing comes any more; undefined while the connection lives. */
  closed: WireClosed | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#tcp = socket
    this.#listen(socket)
  }

  static connect(port: number, milliseconds: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      const timer = setTimeout(() => socket.destroy(new Error('nobody accepts the connection')), milliseconds)
      socket.once('error', (error) => {
        clearTimeout(timer)
        reject(new WireClosed(error.message))
      })
      socket.once('connect', () => {
        clearTimeout(timer)
        socket.removeAllListeners('error')
        resolve(new Wire(socket))
      })
    })
  }

  open(host: string): void {
    this.#stream.restart()
    this.write(this.#stream.open(new StreamHeader({ to: host, version: '1.0' })))
  }

  /** What follows a `<proceed/>`. The servers have certificates of their own making, and are on this machine. */
  async secure(host: string): Promise<void> {
    this.#tcp.removeAllListeners()
    const secure = connectTls({ socket: this.#tcp, servername: host, rejectUnauthorized: false })
    this.#socket = secure
    this.#listen(secure)
    await new Promise<void>((resolve, reject) => {
      secure.once('secureConnect', resolve)
      secure.once('close', () => reject(new WireClosed('the connection ended in the TLS handshake')))
    })
  }

  send(element: Element): void {
    this.write(this.#stream.element(element))
  }

  /** `wire`: bytes, a character each. */
  write(wire: string): void {
    if (this.closed === undefined && !this.#isFrozen) this.#socket.write(wire, 'latin1')
  }

  /** The next element, during negotiation. */
  read(): Promise<Element> {
    const element = this.#received.shift()
    if (element !== undefined) return Promise.resolve(element)
    if (this.closed !== undefined) return Promise.reject(this.closed)
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }))
  }

  /** From now on each element goes to `take`, and the end to `onClose`. */
  deliverTo(take: (element: Element) => void, onClose: () => void): void {
    this.#take = take
    this.#onClose = onClose
    for (const element of this.#received.splice(0)) take(element)
    if (this.closed !== undefined) onClose()
  }

  /** RST. */
  reset(): void {
    this.#tcp.resetAndDestroy()
    this.#end('reset by us')
  }

  /** FIN, without an end of the stream. */
  drop(): void {
    this.#socket.destroy()
    this.#end('dropped by us')
  }

  /** Closes the stream and then the connection. */
  close(): void {
    this.write(this.#stream.close())
    this.#socket.end()
    const socket = this.#socket
    setTimeout(() => socket.destroy(), 2000).unref()
    this.#end('closed by us')
  }

  /** Half-open: for the server the connection is still there, but we neither read nor write any more. The socket goes after a while. */
  freeze(milliseconds: number): void {
    this.#isFrozen = true
    this.#socket.pause()
    const socket = this.#tcp
    setTimeout(() => socket.destroy(), milliseconds).unref()
    this.#end('frozen by us')
  }

  #listen(socket: Socket | TLSSocket): void {
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#feed(text))
    socket.on('error', (error) => this.#end(error.message))
    socket.on('close', () => this.#end('the connection was closed'))
    socket.on('end', () => this.#end('the server closed the connection'))
  }

  #feed(text: string): void {
    if (this.closed !== undefined) return
    this.#stream.feed(text)
    for (;;) {
      const event = this.#stream.next()
      if (event === undefined) return
      if (event instanceof StreamHeader) continue
      if (event === STREAM_END) return this.#fail('the server closed the stream')
      if (event instanceof StreamError)
        return this.#fail(`the server sent broken XML: ${event.condition} ${event.text}`)
      if (event.is('error', NS.streams))
        return this.#fail(
          `stream error ${event.childElements()[0]?.name} ${event.childText('text', NS.streamErrors) ?? ''}`,
        )
      this.#deliver(event)
      if (this.closed !== undefined) return
    }
  }

  #deliver(element: Element): void {
    if (this.#take !== undefined) return this.#take(element)
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) this.#received.push(element)
    else waiting.resolve(element)
  }

  #fail(why: string): void {
    this.#socket.destroy()
    this.#end(why)
  }

  #end(why: string): void {
    if (this.closed !== undefined) return
    this.closed = new WireClosed(why)
    this.#waiting?.reject(this.closed)
    this.#waiting = undefined
    this.#onClose?.()
  }
}
