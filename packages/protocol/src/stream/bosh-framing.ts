/**
 * A stream over BOSH (XEP-0206 1.4): what its requests hold has been read and put into order by the transport, which pushes it here.
 * What is written ends like WebSocket frames do; opening and closing are attributes of bodies, which are the transport's.
 */
import type { ContentNamespace } from '../namespaces.ts'
import { type Element, XmlError, type XmlLimits } from '../xml/index.ts'
import { elementFrame, stanzaFrame } from './frames.ts'
import { type Framing, type FramingEvent, STREAM_END } from './framing.ts'
import { StreamHeader } from './header.ts'

const openedTwice: XmlError = new XmlError('bad-format', 'nobody asked for a restart of the stream')
const notOpened: XmlError = new XmlError('bad-format', 'the stream must be restarted first')

export class BoshFraming implements Framing {
  #events: (StreamHeader | Element | typeof STREAM_END)[] = []
  #isOpened = false
  #failed: XmlError | undefined
  #limits: XmlLimits
  #isWidened = false
  #sent: StreamHeader | undefined

  constructor(limits: XmlLimits) {
    this.#limits = limits
  }

  get isPartial(): boolean {
    return false
  }

  /** For the bodies that come next. */
  get limits(): XmlLimits {
    return this.#limits
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
    if (this.#failed === undefined) this.#events.push(event)
  }

  /** Nothing: bytes are pushed when they have been read. */
  feed(): void {}

  next(): FramingEvent {
    if (this.#failed !== undefined) return this.#failed
    const event = this.#events.shift()
    if (event instanceof StreamHeader) {
      if (this.#isOpened) return this.#fail(openedTwice)
      this.#isOpened = true
    } else if (event !== undefined && event !== STREAM_END && !this.#isOpened) return this.#fail(notOpened)
    return event
  }

  #fail(error: XmlError): XmlError {
    this.#failed = error
    this.#events = []
    return error
  }

  /** [XEP-0206 5] */
  restart(): void {
    this.#isOpened = false
  }

  takeRest(): string {
    this.#events = []
    return ''
  }

  setLimits(limits: XmlLimits): void {
    this.#limits = limits
    this.#isWidened = true
  }

  open(header: StreamHeader): string {
    this.#sent = header
    return ''
  }

  element(element: Element): string {
    return elementFrame(element)
  }

  stanza(wire: string, content: ContentNamespace): string {
    return stanzaFrame(wire, content)
  }

  close(): string {
    return ''
  }
}
