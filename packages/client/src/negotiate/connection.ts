/**
 * One transport with its stream (RFC 6120 section 4), from the initiating side: elements in, elements out. While the stream is negotiated,
 * elements are asked for one by one; then they are pushed to the session. What they mean is not known here.
 */
import * as NS from '@rookery/protocol/namespaces'
import { readStreamError, STREAM_END, StreamError, StreamHeader, type XmppStream } from '@rookery/protocol/stream'
import { REGISTER_NS, SASL2_NS } from '@rookery/protocol/xeps/names'
import { Element, fromWire, received } from '@rookery/protocol/xml'
import { type Deferred, deferred } from '../contract/deferred.ts'
import { type ClientError, ConnectError, DisconnectedError, StreamClosedError } from '../contract/errors.ts'
import type { Trace } from '../contract/options.ts'
import type { OpenOptions, Platform, Transport } from '../contract/platform.ts'
import { broken } from './nonzas.ts'

type Received = StreamHeader | Element

/** Bytes that wait in the transport: more than ever wait where the other side reads. */
const mostUnsent = 32 << 20

/** Elements that are read before somebody asks for them: what a session begins with comes in one piece, and is taken element by element. */
const mostRead = 100
/** Bytes that come before there is a session: a server says little then. */
const mostEarly = 4 << 20

export class Connection {
  readonly #stream: XmppStream
  readonly transport: Transport
  readonly #domain: string
  readonly #closed: Deferred<ClientError | undefined> = deferred()
  /** What ended it: undefined after an orderly end. */
  readonly closed: Promise<ClientError | undefined> = this.#closed.promise
  readonly #waiting: Received[] = []
  #wake: () => void = () => undefined
  #sink: ((element: Element) => void) | undefined
  #isClosed = false
  #isPaused = false
  #early = 0
  readonly #trace: Trace | undefined
  /** Counts what came, so that silence can be noticed. */
  received = 0

  private constructor(transport: Transport, domain: string, trace: Trace | undefined) {
    this.#trace = trace
    this.transport = transport
    this.#domain = domain
    this.#stream = transport.stream
  }

  static async open(
    platform: Platform,
    url: string,
    options: Omit<OpenOptions, 'received' | 'closed'>,
    trace?: Trace,
  ): Promise<Connection> {
    let connection: Connection
    const transport = await platform.open(url, {
      ...options,
      received: (wire) => connection.#feed(wire),
      closed: (reason) => connection.#close(reason),
    })
    connection = new Connection(transport, options.domain, trace)
    return connection
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Opens the stream, or opens it anew, and gives what the server offers. */
  async openStream(from?: string): Promise<Element> {
    this.#write(this.#stream.open(new StreamHeader({ to: this.#domain, from, version: '1.0', lang: 'en' })))
    const header = await this.#next()
    if (!(header instanceof StreamHeader)) throw broken(NS.streams)
    return await this.nextElement('features', NS.streams)
  }

  /** Forgets the stream of before, and what waits of it: the next one begins. [RFC6120 4.3.3] */
  restart(): void {
    for (; this.#waiting.length > 0; this.#drain()) this.#waiting.length = 0
    this.#stream.restart()
  }

  /** The next element; of this name and namespace, where one is told. */
  async nextElement(name?: string, ns?: string): Promise<Element> {
    const element = await this.#next()
    if (element instanceof Element && (name === undefined || element.is(name, ns!))) return element
    throw broken(ns ?? NS.streams)
  }

  /** From now on elements are pushed. */
  consume(sink: (element: Element) => void): void {
    this.#sink = sink
    this.#stream.limits = received
    for (const one of this.#waiting.splice(0)) if (one instanceof Element) sink(one)
    this.#drain()
  }

  send(element: Element): void {
    this.#show('out', element)
    this.#write(this.#stream.element(element))
  }

  /** A stanza that is written already. */
  sendWire(wire: string): void {
    if (!wire.includes(REGISTER_NS)) this.#trace?.('out', fromWire(wire))
    this.#write(this.#stream.stanza(wire))
  }

  #show(direction: 'in' | 'out', element: Element): void {
    if (this.#trace !== undefined && !isSecret(element)) this.#trace(direction, element)
  }

  /** Nothing where the transport cannot be held back: what comes is handed on then, for somebody else to count. */
  pause(): void {
    if (this.transport.pause === undefined) return
    this.#isPaused = true
    this.transport.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.transport.resume?.()
    this.#drain()
  }

  /** Ends the stream, then the connection. [RFC6120 4.4] */
  end(): void {
    this.#write(this.#stream.close())
    this.transport.end()
  }

  destroy(reason?: ClientError): void {
    this.#close(reason)
    this.transport.destroy()
  }

  #write(wire: string): void {
    if (this.#isClosed || wire === '') return
    this.transport.write(wire)
    if (this.transport.unsent > mostUnsent) this.destroy(new ConnectError('timeout', 'The server does not read.'))
  }

  async #next(): Promise<Received> {
    for (;;) {
      if (this.#waiting.length === 0) this.#drain()
      const one = this.#waiting.shift()
      if (one !== undefined) return one
      if (this.#isClosed) throw (await this.closed) ?? new DisconnectedError()
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  #feed(wire: string): void {
    this.received++
    this.#stream.feed(wire)
    if (this.#sink === undefined && (this.#early += wire.length) > mostEarly) return this.destroy(broken(NS.streams))
    this.#drain()
  }

  #drain(): void {
    while (!this.#isClosed && !this.#isPaused && this.#waiting.length < mostRead) {
      const event = this.#stream.next()
      if (event === undefined) break
      if (event === STREAM_END) {
        this.end()
        this.#close()
      } else if (event instanceof StreamError) {
        this.#write(this.#stream.error(event))
        this.end()
        this.#close(new ConnectError('bad-answer', `The server sent bad XML: ${event.condition}.`))
      } else this.#push(event)
    }
    this.#wake()
  }

  #push(event: Received): void {
    if (event instanceof Element) {
      this.#show('in', event)
      if (event.is('error', NS.streams)) return this.#failed(event)
      if (this.#sink !== undefined) return this.#sink(event)
    }
    this.#waiting.push(event)
  }

  #failed(element: Element): void {
    const { condition, text } = readStreamError(element)
    this.end()
    this.#close(new StreamClosedError(condition, text, element.childText('see-other-host', NS.streamErrors)))
  }

  #close(reason?: ClientError): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#closed.resolve(reason)
    this.#wake()
  }
}

/** Logins and registrations: passwords, tokens and what proves them. */
function isSecret(element: Element): boolean {
  return element.ns === NS.sasl || element.ns === SASL2_NS || element.child('query', REGISTER_NS) !== undefined
}
