/**
 * A stream over BOSH (XEP-0206 1.4): what its requests hold has been read and put into order by the transport, which pushes it here.
 * What is written ends like WebSocket frames do; opening and closing are attributes of bodies, which are the transport's.
 */
import * as NS from '../namespaces.ts'
import type { Element, XmlLimits } from '../xml/index.ts'
import { elementFrame, stanzaFrame } from './frames.ts'
import type { StreamHeader } from './header.ts'
import { type RawEvent, type STREAM_END, type StreamEvent, XmppStream } from './stream.ts'
import { StreamError } from './stream-error.ts'

export class BoshStream extends XmppStream {
  #events: (StreamHeader | Element | typeof STREAM_END)[] = []
  #hasFailed = false
  #limits: XmlLimits
  #isWidened = false
  #sent: StreamHeader | undefined

  constructor(limits: XmlLimits) {
    super(NS.client)
    this.#limits = limits
  }

  /** For the bodies that come next. */
  override get limits(): XmlLimits {
    return this.#limits
  }

  override set limits(limits: XmlLimits) {
    this.#limits = limits
    this.#isWidened = true
  }

  /** Whether the limits have been set anew: somebody has logged in. */
  get isWidened(): boolean {
    return this.#isWidened
  }

  /** Our own header, once it was to be sent. */
  get header(): StreamHeader | undefined {
    return this.#sent
  }

  push(event: StreamHeader | Element | typeof STREAM_END): void {
    if (!this.#hasFailed) this.#events.push(event)
  }

  override next(): StreamEvent {
    const event = super.next()
    if (event instanceof StreamError) {
      this.#hasFailed = true
      this.#events = []
    }
    return event
  }

  /** Nothing: bytes are pushed when they have been read. */
  protected override take(): void {}

  protected override read(): RawEvent {
    return this.#events.shift()
  }

  protected override begin(header: StreamHeader): string {
    this.#sent = header
    return ''
  }

  override element(element: Element): string {
    return elementFrame(element)
  }

  override stanza(wire: string): string {
    return stanzaFrame(wire, this.content)
  }

  protected override finish(): string {
    return ''
  }
}
