/**
 * Framing over WebSocket (RFC 7395 section 3.3): each element is a document of its own, `<open/>` and `<close/>` stand for the
 * tags of the stream. One call of `feed` is one frame; what is written ends with a character that XML cannot hold, so that
 * the transport knows where a frame ends.
 */

import type { ContentNamespace } from '../namespaces.ts'
import * as NS from '../namespaces.ts'
import { type Element, el, parseElement, XmlError, type XmlLimits } from '../xml/index.ts'
import { elementFrame, stanzaFrame } from './frames.ts'
import { type Framing, type FramingEvent, STREAM_END } from './framing.ts'
import { StreamHeader } from './header.ts'

/** [RFC7395 3.3.2] */
export const framingNs = 'urn:ietf:params:xml:ns:xmpp-framing'

export class WebSocketFraming implements Framing {
  #limits: XmlLimits
  /** Frames that came and were not asked for yet. */
  #frames: string[] = []
  #isOpened = false

  constructor(limits: XmlLimits) {
    this.#limits = limits
  }

  /** Frames come whole. */
  get isPartial(): boolean {
    return false
  }

  feed(frame: string): void {
    this.#frames.push(frame)
  }

  next(): FramingEvent {
    const frame = this.#frames.shift()
    if (frame === undefined) return undefined
    if (!frame.startsWith('<')) return new XmlError('not-well-formed', 'a frame begins with <') // [RFC7395 3.3.3]
    const element = parseElement(frame, this.#limits) // one element in a frame, and nothing behind it [RFC7395 3.3.3]
    if (element instanceof XmlError) return element
    const { name, ns } = element
    if (ns !== framingNs) {
      if (name === 'open' || name === 'close')
        return new XmlError('invalid-namespace', `<open/> and <close/> are of ${framingNs}`) // [RFC7395 3.3.2]
      if (this.#isOpened) return element
    }
    if (name === 'close') return STREAM_END
    if (name !== 'open' || this.#isOpened)
      return new XmlError('bad-format', '<open/> and <close/> frame a stream, once each') // [RFC7395 3.4]
    this.#isOpened = true
    return new StreamHeader({
      to: element.attr('to'),
      from: element.attr('from'),
      id: element.attr('id'),
      version: element.attr('version'),
      lang: element.attr('xml:lang'),
      // the namespace of framing stands for those of the stream and of its content [RFC7395 3.3.2]
      streamNs: NS.streams,
      contentNs: NS.client,
    })
  }

  /** A stream is restarted with `<open/>`, without a `<close/>` before it. [RFC7395 3.7] */
  restart(): void {
    this.#isOpened = false
  }

  takeRest(): string {
    const rest = this.#frames.join('')
    this.#frames = []
    return rest
  }

  setLimits(limits: XmlLimits): void {
    this.#limits = limits
  }

  open(header: StreamHeader): string {
    const { id, from, to, version, lang } = header
    return elementFrame(el('open', framingNs, { id, from, to, version, 'xml:lang': lang }))
  }

  element(element: Element): string {
    return elementFrame(element)
  }

  stanza(wire: string, content: ContentNamespace): string {
    return stanzaFrame(wire, content)
  }

  close(): string {
    return elementFrame(el('close', framingNs))
  }
}
