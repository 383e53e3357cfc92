/** A stream over TCP and TLS: one long XML document each way (RFC 6120 section 4). */
import * as NS from '../namespaces.ts'
import {
  CLOSE,
  type Element,
  escapeAttribute,
  StreamOpen,
  writeElement,
  XmlError,
  type XmlLimits,
  XmlParser,
} from '../xml/index.ts'
import { StreamHeader } from './header.ts'
import { type RawEvent, STREAM_END, XmppStream } from './stream.ts'

export class TcpStream extends XmppStream {
  readonly #parser: XmlParser

  constructor(limits: XmlLimits, content: NS.ContentNamespace = NS.client) {
    super(content)
    this.#parser = new XmlParser(limits)
  }

  /** Whether an element has begun and its end has not come. */
  get isPartial(): boolean {
    return this.#parser.isPartial
  }

  protected override take(wire: string): void {
    this.#parser.feed(wire)
  }

  protected override read(): RawEvent {
    const event = this.#parser.next()
    if (event === CLOSE) return STREAM_END
    if (!(event instanceof StreamOpen)) return event
    if (event.name !== 'stream') return new XmlError('bad-format', 'a stream opens with <stream:stream>')
    if (event.ns !== NS.streams) return new XmlError('invalid-namespace', `the stream namespace is ${NS.streams}`) // [RFC6120 4.8.1]
    if (event.defaultNs !== this.content)
      return new XmlError('invalid-namespace', `the content namespace here is ${this.content}`) // [RFC6120 4.8.2]
    const attr = (name: string): string | undefined => event.attr(name)
    return new StreamHeader({
      to: attr('to'),
      from: attr('from'),
      id: attr('id'),
      version: attr('version'),
      lang: attr('xml:lang'),
    })
  }

  override restart(): void {
    super.restart()
    this.#parser.restart()
  }

  /** Bytes received and not looked at; empties the stream. */
  takeRest(): string {
    return this.#parser.takeRest()
  }

  override set limits(limits: XmlLimits) {
    this.#parser.setLimits(limits)
  }

  protected override begin(header: StreamHeader): string {
    const attribute = (name: string, value: string | undefined): string =>
      value === undefined ? '' : ` ${name}='${escapeAttribute(value)}'`
    return (
      `<?xml version='1.0'?><stream:stream xmlns='${this.content}' xmlns:stream='${NS.streams}'` +
      attribute('id', header.id) +
      attribute('from', header.from) +
      attribute('to', header.to) +
      attribute('version', header.version) +
      attribute('xml:lang', header.lang) +
      '>'
    )
  }

  override element(element: Element): string {
    if (element.ns !== NS.streams) return writeElement(element, this.content)
    // features and errors of the stream itself carry the prefix that the header declared [RFC6120 4.8.5]
    let inner = ''
    for (const child of element.childElements()) inner += writeElement(child, this.content)
    return inner === '' ? `<stream:${element.name}/>` : `<stream:${element.name}>${inner}</stream:${element.name}>`
  }

  override stanza(wire: string): string {
    return wire
  }

  protected override finish(): string {
    return '</stream:stream>'
  }
}
