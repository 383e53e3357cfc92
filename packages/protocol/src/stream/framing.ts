/**
 * How a stream is laid on its transport: what opens it, what closes it, how an element stands in it. TCP is the first
 * framing (RFC 6120 section 4); WebSocket (RFC 7395) frames each element by itself and takes its place beside it.
 */
import type { ContentNamespace } from '../namespaces.ts'
import type { Element, XmlError, XmlLimits } from '../xml/index.ts'
import type { StreamHeader } from './header.ts'

export type FramingEvent = StreamHeader | Element | XmlError | typeof STREAM_END | undefined

/** The other side has closed its stream. [RFC6120 4.4] */
export const STREAM_END: unique symbol = Symbol('stream end')

export interface Framing {
  /** Takes received bytes (a wire string). */
  feed(wire: string): void
  /** The next thing received, or undefined until more bytes come. After an error nobody asks again. */
  next(): FramingEvent
  /** What comes next is a new stream. [RFC6120 4.3.3] */
  restart(): void
  /** Whether an element has begun and its end has not come. */
  readonly isPartial: boolean
  /** Bytes received and not looked at; empties the framing. */
  takeRest(): string
  setLimits(limits: XmlLimits): void
  open(header: StreamHeader, content: ContentNamespace): string
  element(element: Element, content: ContentNamespace): string
  /** A stanza that is written already, as it stands in a stream whose default namespace is its own. */
  stanza(wire: string, content: ContentNamespace): string
  close(): string
}
