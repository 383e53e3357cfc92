/**
 * A stream over WebSocket (RFC 7395 section 3.3): each element is a document of its own, `<open/>` and `<close/>` stand for the
 * tags of the stream. One call of `feed` is one frame; what is written ends with a character that XML cannot hold, so that
 * the transport knows where a frame ends.
 */
import * as NS from '../namespaces.ts'
import { Element, el, omitted, parseElement, XmlError, type XmlLimits } from '../xml/index.ts'
import { elementFrame, stanzaFrame } from './frames.ts'
import { StreamHeader } from './header.ts'
import { type RawEvent, STREAM_END, XmppStream } from './stream.ts'

/** [RFC7395 3.3.2] */
export const framingNs = 'urn:ietf:params:xml:ns:xmpp-framing'

export class WebSocketStream extends XmppStream {
  override limits: XmlLimits
  /** Frames that came and were not asked for yet. */
  readonly #frames: string[] = []

  constructor(limits: XmlLimits) {
    super(NS.client)
    this.limits = limits
  }

  protected override take(frame: string): void {
    this.#frames.push(frame)
  }

  protected override read(): RawEvent {
    const frame = this.#frames.shift()
    if (frame === undefined) return undefined
    if (!frame.startsWith('<')) return new XmlError('not-well-formed', 'a frame begins with <') // [RFC7395 3.3.3]
    const element = parseElement(frame, this.limits) // one element in a frame, and nothing behind it [RFC7395 3.3.3]
    if (element instanceof XmlError)
      return element.condition === 'policy-violation' && this.limits.omitted! > frame.length
        ? new Element(frame.split(/[\s/>]/, 1)[0]!.slice(1), this.content, [], omitted)
        : element
    const { name, ns } = element
    const isNamedSo = name === 'open' || name === 'close'
    if (isNamedSo !== (ns === framingNs))
      // [RFC7395 3.3.2, 3.4]
      return new XmlError(isNamedSo ? 'invalid-namespace' : 'bad-format', `<open/> and <close/> are of ${framingNs}`)
    if (!isNamedSo) return element
    if (name === 'close') return STREAM_END
    // its namespace stands for those of the stream and of its content [RFC7395 3.3.2]
    return new StreamHeader({
      to: element.attr('to'),
      from: element.attr('from'),
      id: element.attr('id'),
      version: element.attr('version'),
      lang: element.attr('xml:lang'),
    })
  }

  protected override begin({ id, from, to, version, lang }: StreamHeader): string {
    return elementFrame(el('open', framingNs, { id, from, to, version, 'xml:lang': lang }))
  }

  override element(element: Element): string {
    return elementFrame(element)
  }

  override stanza(wire: string): string {
    return stanzaFrame(wire, this.content)
  }

  protected override finish(): string {
    return elementFrame(el('close', framingNs))
  }
}
