/** In-Band Bytestreams (XEP-0047 2.0.1): how one is opened, fed and closed. Whose turn it is, and whether a chunk is the next one, is not decided here. */
import {
  attribute,
  base64,
  type ElementCodec,
  element,
  integer,
  nonEmpty,
  oneOf,
  optionalAttribute,
  ownText,
  type Text,
} from '../codec/index.ts'

export const IBB_NS = 'http://jabber.org/protocol/ibb'

export interface IbbOpen {
  readonly sid: string
  /** Most bytes of a chunk, before base64; 1 to 65535. */
  readonly blockSize: number
  /** What carries the chunks; `iq` where it is missing. */
  readonly stanza?: 'iq' | 'message' | undefined
}

/** The same attributes name a Jingle transport (XEP-0261). */
export function ibbTerms(ns: string, name: string): ElementCodec<IbbOpen> {
  return element(ns, name, {
    sid: attribute('sid', nonEmpty),
    blockSize: attribute('block-size', integer(1, 65_535)), // [XEP-0047 2.1]
    stanza: optionalAttribute('stanza', oneOf('iq', 'message')),
  })
}

export const ibbOpen: ElementCodec<IbbOpen> = ibbTerms(IBB_NS, 'open')

export interface IbbData {
  readonly sid: string
  /** Counts the chunks of one direction, from 0; see `nextSeq`. */
  readonly seq: number
  readonly data: Uint8Array
}

/** Layout is allowed, because every example of the specification has it; any other foreign character is refused. [XEP-0047 6] */
const chunk: Text<Uint8Array> = { ...base64, decode: (text) => base64.decode(text.replace(/[ \t\r\n]/g, '')) }

export const ibbData: ElementCodec<IbbData> = element(IBB_NS, 'data', {
  sid: attribute('sid', nonEmpty),
  seq: attribute('seq', integer(0, 65_535)),
  data: ownText(chunk),
})

export const ibbClose: ElementCodec<{ readonly sid: string }> = element(IBB_NS, 'close', {
  sid: attribute('sid', nonEmpty),
})

/** After 65535 comes 0. [XEP-0047 2.2] */
export function nextSeq(seq: number): number {
  return (seq + 1) & 0xffff
}
