/**
 * One XML stream, for both roles: received bytes in, header, elements and errors out; and what is sent, as bytes.
 * Pure: no socket, no timer, no promise. RFC 6120 section 4. What the elements mean is not known here. How a stream is laid on its
 * transport is told by the class for that transport: TCP (RFC 6120 section 4), WebSocket (RFC 7395), BOSH (XEP-0206).
 */
import * as NS from '../namespaces.ts'
import { Element, XmlError, type XmlLimits } from '../xml/index.ts'
import { majorVersion, StreamHeader } from './header.ts'
import { StreamError } from './stream-error.ts'

export type StreamEvent = StreamHeader | Element | StreamError | typeof STREAM_END | undefined

/** What a transport's bytes hold, before it is known whether the stream allows it. */
export type RawEvent = StreamHeader | Element | XmlError | typeof STREAM_END | undefined

/** The other side has closed its stream. [RFC6120 4.4] */
export const STREAM_END: unique symbol = Symbol('stream end')

export abstract class XmppStream {
  readonly content: NS.ContentNamespace
  /** Of what comes next. */
  abstract limits: XmlLimits
  /** Whether the other side's header has come. */
  #hasBegun = false
  /** Whether our own header stands, and whether our closing tag does. */
  #opened = false
  #closed = false
  #failed: StreamError | undefined

  constructor(content: NS.ContentNamespace) {
    this.content = content
  }

  get isOpen(): boolean {
    return this.#opened && !this.#closed
  }

  /** Takes received bytes (a wire string). After an error nothing more is taken. */
  feed(wire: string): void {
    if (this.#failed === undefined) this.take(wire)
  }

  /** What was received next; undefined until more bytes come. After an error, the same error again. */
  next(): StreamEvent {
    if (this.#failed !== undefined) return this.#failed
    const event = this.read()
    if (this.#hasBegun && event instanceof Element) return event // nearly always
    if (event === undefined || event === STREAM_END) return event
    if (event instanceof XmlError) return (this.#failed = new StreamError(event.condition, event.text))
    const isHeader = event instanceof StreamHeader
    if (isHeader === this.#hasBegun) {
      // where elements are read one by one; a document over TCP cannot have it otherwise [RFC7395 3.4, XEP-0206 5]
      this.#failed = new StreamError('bad-format', 'a stream opens first, and once')
    } else if (isHeader && majorVersion(event.version) < 1 && this.content !== NS.component) {
      this.#failed = new StreamError('unsupported-version', 'version 1.0 is needed') // [RFC6120 4.7.5]
    }
    this.#hasBegun = true
    return this.#failed ?? event
  }

  /** After STARTTLS and SASL both sides begin a new stream, and forget the one before. [RFC6120 4.3.3] */
  restart(): void {
    this.#hasBegun = false
    this.#opened = false
  }

  /** The initiator opens first; the receiver answers with an id of its own making. [RFC6120 4.7.3] */
  open(header: StreamHeader): string {
    this.#opened = true
    return this.begin(header)
  }

  abstract element(element: Element): string

  /** A stanza that is written already, as it stands in a stream whose default namespace is its own. */
  abstract stanza(wire: string): string

  error(error: StreamError): string {
    return this.element(error.toElement())
  }

  /** Closes our direction, once. [RFC6120 4.4] */
  close(): string {
    if (!this.isOpen) return ''
    this.#closed = true
    return this.finish()
  }

  protected abstract take(wire: string): void
  /** The next thing received, or undefined until more bytes come. After an error nobody asks again. */
  protected abstract read(): RawEvent
  /** What opens a stream, and what closes it. */
  protected abstract begin(header: StreamHeader): string
  protected abstract finish(): string
}
