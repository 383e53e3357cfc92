/** Reads the bytes of a stream into header, elements and end, with the parser of @rookery/protocol and the limits of somebody who trusts the sender. */
import {
  authenticated,
  CLOSE,
  Element,
  StreamOpen,
  toWire,
  XmlError,
  type XmlLimits,
  XmlParser,
} from '@rookery/protocol/xml'
import type { Xml } from './xml.ts'

export type StreamEvent =
  | { readonly kind: 'header'; readonly xml: Xml }
  | { readonly kind: 'element'; readonly xml: Xml }
  | { readonly kind: 'close' }
  | { readonly kind: 'broken'; readonly reason: string }

const generous: XmlLimits = { ...authenticated, bytes: 16 * 1024 * 1024 }

export class StreamReader {
  readonly #onEvent: (event: StreamEvent) => void
  readonly #parser = new XmlParser(generous)
  #isBroken = false

  constructor(onEvent: (event: StreamEvent) => void) {
    this.#onEvent = onEvent
  }

  feed(wire: string): void {
    this.#parser.feed(wire)
    for (let event = this.#parser.next(); event !== undefined && !this.#isBroken; event = this.#parser.next()) {
      if (event === CLOSE) this.#onEvent({ kind: 'close' })
      else if (event instanceof Element) this.#onEvent({ kind: 'element', xml: event })
      else if (event instanceof StreamOpen) this.#onEvent({ kind: 'header', xml: headerOf(event) })
      else if (event instanceof XmlError) {
        this.#isBroken = true
        this.#onEvent({ kind: 'broken', reason: event.text ?? event.condition })
      }
    }
  }

  /** The next bytes begin a new stream. [RFC6120 4.3.3] */
  restart(): void {
    this.#parser.restart()
  }
}

const headerOf = ({ name, ns, attributes }: StreamOpen): Xml => ({ name, ns, attributes, children: [] })

const opening = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

/** Reads a fragment as it would stand in a client's stream; a lone stream header is read as such. Throws on what is not XML. */
export const readFragment = (text: string): Xml[] => {
  const found: Xml[] = []
  let broken: string | undefined
  let isComplete = false
  const isHeader = text.trimStart().startsWith('<stream:stream')
  const reader = new StreamReader((event) => {
    if (event.kind === 'broken') broken = event.reason
    if (event.kind === 'close') isComplete = true
    if (event.kind === 'element' || (event.kind === 'header' && isHeader)) found.push(event.xml)
  })
  // A header in a scenario need not repeat its namespaces.
  const header = text.includes('xmlns:stream') ? text : text.replace('<stream:stream', opening.slice(0, -1))
  reader.feed(toWire(isHeader ? header : `${opening}${text}</stream:stream>`))
  if (broken !== undefined) throw new Error(broken)
  if (!isHeader && !isComplete) throw new Error('an end tag is missing')
  return found
}
