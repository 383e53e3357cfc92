/** Framing over TCP and TLS: one long XML document each way (RFC 6120 section 4). */

import type { ContentNamespace } from '../namespaces.ts'
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
import { type Framing, type FramingEvent, STREAM_END } from './framing.ts'
import { StreamHeader } from './header.ts'

export class TcpFraming implements Framing {
  readonly #parser: XmlParser

  constructor(limits: XmlLimits) {
    this.#parser = new XmlParser(limits)
  }

  get isPartial(): boolean {
    return this.#parser.isPartial
  }

  feed(wire: string): void {
    this.#parser.feed(wire)
  }

  next(): FramingEvent {
    const event = this.#parser.next()
    if (event === CLOSE) return STREAM_END
    if (!(event instanceof StreamOpen)) return event
    if (event.name !== 'stream') return new XmlError('bad-format', 'a stream opens with <stream:stream>')
    const attr = (name: string): string | undefined => event.attr(name)
    return new StreamHeader({
      to: attr('to'),
      from: attr('from'),
      id: attr('id'),
      version: attr('version'),
      lang: attr('xml:lang'),
      streamNs: event.ns,
      contentNs: event.defaultNs,
    })
  }

  restart(): void {
    this.#parser.restart()
  }

  takeRest(): string {
    return this.#parser.takeRest()
  }

  setLimits(limits: XmlLimits): void {
    this.#parser.setLimits(limits)
  }

  open(header: StreamHeader, content: ContentNamespace): string {
    const attribute = (name: string, value: string | undefined): string =>
      value === undefined ? '' : ` ${name}='${escapeAttribute(value)}'`
    return (
      `<?xml version='1.0'?><stream:stream xmlns='${content}' xmlns:stream='${NS.streams}'` +
      attribute('id', header.id) +
      attribute('from', header.from) +
      attribute('to', header.to) +
      attribute('version', header.version) +
      attribute('xml:lang', header.lang) +
      '>'
    )
  }

  element(element: Element, content: ContentNamespace): string {
    if (element.ns !== NS.streams) return writeElement(element, content)
    // features and errors of the stream itself carry the prefix that the header declared [RFC6120 4.8.5]
    let inner = ''
    for (const child of element.childElements()) inner += writeElement(child, content)
    return inner === '' ? `<stream:${element.name}/>` : `<stream:${element.name}>${inner}</stream:${element.name}>`
  }

  stanza(wire: string): string {
    return wire
  }

  close(): string {
    return '</stream:stream>'
  }
}
