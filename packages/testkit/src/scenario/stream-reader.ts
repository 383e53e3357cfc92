/** Reads the bytes of a stream into header, elements and end (interim: with saxes; the parser of @rookery/protocol/xml takes its place). */
import { StringDecoder } from 'node:string_decoder'
import { type SaxesAttributeNS, SaxesParser } from 'saxes'
import type { Xml } from './xml.ts'

export type StreamEvent =
  | { readonly kind: 'header'; readonly xml: Xml }
  | { readonly kind: 'element'; readonly xml: Xml }
  | { readonly kind: 'close' }
  | { readonly kind: 'broken'; readonly reason: string }

interface Open {
  readonly name: string
  readonly ns: string
  readonly attributes: string[]
  readonly children: (Xml | string)[]
}

const flatten = (attributes: Record<string, SaxesAttributeNS>): string[] =>
  Object.values(attributes)
    .filter(({ prefix, name }) => prefix !== 'xmlns' && name !== 'xmlns')
    .flatMap(({ prefix, local, uri, value }) => [
      prefix === 'xml' ? `xml:${local}` : uri ? `{${uri}}${local}` : local,
      value,
    ])

export class StreamReader {
  readonly #onEvent: (event: StreamEvent) => void
  #decoder = new StringDecoder('utf8')
  #parser: SaxesParser<{ xmlns: true }>

  constructor(onEvent: (event: StreamEvent) => void) {
    this.#onEvent = onEvent
    this.#parser = this.#start()
  }

  feed(wire: string): void {
    this.#parser.write(this.#decoder.write(Buffer.from(wire, 'latin1')))
  }

  restart(): void {
    this.#decoder = new StringDecoder('utf8')
    this.#parser = this.#start()
  }

  #start(): SaxesParser<{ xmlns: true }> {
    const parser = new SaxesParser({ xmlns: true as const })
    const open: Open[] = []
    let broken = false
    parser.on('opentag', (tag) => {
      const attributes = flatten(tag.attributes)
      open.push({ name: tag.local, ns: tag.uri, attributes, children: [] })
      if (open.length === 1) this.#onEvent({ kind: 'header', xml: open[0]! })
    })
    parser.on('text', (text) => {
      if (open.length > 1) open.at(-1)!.children.push(text)
    })
    parser.on('closetag', () => {
      const element = open.pop()!
      if (open.length === 0) this.#onEvent({ kind: 'close' })
      else if (open.length === 1) this.#onEvent({ kind: 'element', xml: element })
      else open.at(-1)!.children.push(element)
    })
    parser.on('error', (error) => {
      if (!broken) this.#onEvent({ kind: 'broken', reason: error.message })
      broken = true
    })
    return parser
  }
}

const opening = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"

/** Reads a fragment as it would stand in a client's stream; a lone stream header is read as such. Throws on what is not XML. */
export const readFragment = (text: string): Xml[] => {
  const found: Xml[] = []
  let broken: string | undefined
  const alone = /^\s*(?:<\?xml[^>]*>\s*)?<stream:stream\b/.test(text)
  const reader = new StreamReader((event) => {
    if (event.kind === 'broken') broken ??= event.reason
    if (event.kind === 'element' || (event.kind === 'header' && alone)) found.push(event.xml)
  })
  reader.feed(Buffer.from(alone ? `${text}` : `${opening}${text}</stream:stream>`, 'utf8').toString('latin1'))
  if (broken !== undefined) throw new Error(broken)
  return found
}
