/**
 * One XML stream, for both roles: received bytes in, header, elements and errors out; and what is sent, as bytes.
 * Pure: no socket, no timer, no promise. RFC 6120 section 4. What the elements mean is not known here.
 */

import type { ContentNamespace } from '../namespaces.ts'
import * as NS from '../namespaces.ts'
import { type Element, XmlError } from '../xml/index.ts'
import type { Framing, STREAM_END } from './framing.ts'
import { majorVersion, StreamHeader } from './header.ts'
import { StreamError } from './stream-error.ts'

export type StreamEvent = StreamHeader | Element | StreamError | typeof STREAM_END | undefined

export class XmppStream {
  readonly #content: ContentNamespace
  readonly framing: Framing
  /** Whether our own header stands, and whether our closing tag does. */
  #opened = false
  #closed = false
  #failed: StreamError | undefined

  constructor(content: ContentNamespace, framing: Framing) {
    this.#content = content
    this.framing = framing
  }

  get isOpen(): boolean {
    return this.#opened && !this.#closed
  }

  /** After an error nothing more is taken. */
  feed(wire: string): void {
    if (this.#failed === undefined) this.framing.feed(wire)
  }

  /** What was received next; undefined until more bytes come. After an error, the same error again. */
  next(): StreamEvent {
    if (this.#failed !== undefined) return this.#failed
    const event = this.framing.next()
    if (event instanceof XmlError) return (this.#failed = new StreamError(event.condition, event.text))
    if (event instanceof StreamHeader) this.#failed = this.#errorOf(event)
    return this.#failed ?? event
  }

  /** After STARTTLS and SASL both sides begin a new stream, and forget the one before. [RFC6120 4.3.3] */
  restart(): void {
    this.framing.restart()
    this.#opened = false
  }

  /** The initiator opens first; the receiver answers with an id of its own making. [RFC6120 4.7.3] */
  open(header: StreamHeader): string {
    this.#opened = true
    return this.framing.open(header, this.#content)
  }

  element(element: Element): string {
    return this.framing.element(element, this.#content)
  }

  stanza(wire: string): string {
    return this.framing.stanza(wire, this.#content)
  }

  error(error: StreamError): string {
    return this.element(error.toElement())
  }

  /** Closes our direction, once. [RFC6120 4.4] */
  close(): string {
    if (!this.isOpen) return ''
    this.#closed = true
    return this.framing.close()
  }

  #errorOf({ streamNs, contentNs, version }: StreamHeader): StreamError | undefined {
    if (streamNs !== NS.streams) return new StreamError('invalid-namespace', `the stream namespace is ${NS.streams}`) // [RFC6120 4.8.1]
    if (contentNs !== this.#content)
      return new StreamError('invalid-namespace', `the content namespace here is ${this.#content}`) // [RFC6120 4.8.2]
    if (majorVersion(version) < 1 && this.#content !== NS.component)
      return new StreamError('unsupported-version', 'version 1.0 is needed') // [RFC6120 4.7.5]
    return undefined
  }
}
