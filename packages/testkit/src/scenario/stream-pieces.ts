/**
 * For transports that carry elements one by one: cuts what is written as for TCP into them, and writes the headers that a reader
 * of TCP streams wants to see.
 */
import {
  authenticated,
  CLOSE,
  type Element,
  StreamOpen,
  writeAttribute,
  XmlError,
  XmlParser,
} from '@rookery/protocol/xml'
import { STREAM } from './xml.ts'

export type StreamPiece =
  | { readonly kind: 'open'; readonly open: StreamOpen }
  | { readonly kind: 'element'; readonly element: Element }
  | { readonly kind: 'close' }
  /** What is not XML, as it is: the server shall judge it. */
  | { readonly kind: 'raw'; readonly wire: string }

export const generous = { ...authenticated, bytes: 16 * 1024 * 1024 }

export class StreamPieces {
  #parser = new XmlParser(generous, 'stream')

  cut(wire: string): StreamPiece[] {
    if (wire.startsWith('<?xml') || wire.startsWith('<stream:stream')) this.#parser = new XmlParser(generous, 'stream')
    this.#parser.feed(wire)
    const pieces: StreamPiece[] = []
    for (let event = this.#parser.next(); event !== undefined; event = this.#parser.next()) {
      if (event instanceof XmlError) return [...pieces, { kind: 'raw', wire }]
      if (event === CLOSE) pieces.push({ kind: 'close' })
      else
        pieces.push(event instanceof StreamOpen ? { kind: 'open', open: event } : { kind: 'element', element: event })
    }
    return pieces
  }
}

export const headerWith = (attributes: string): string =>
  `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='${STREAM}'${attributes}>`

export const attributesOf = ({ attributes }: Element | StreamOpen): string => {
  let text = ''
  for (let i = 0; i < attributes.length; i += 2) text += writeAttribute(attributes[i]!, attributes[i + 1]!)
  return text
}
