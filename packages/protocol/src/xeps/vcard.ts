/**
 * vcard-temp (XEP-0054 1.3.0): one opaque element, stored and handed back as it came; nothing looks inside.
 * To store a card keep the element itself, which has its attributes and wire form; this codec is for looking at it and for building one.
 * It carries pictures (XEP-0153 asks for at most 8 kB, clients send a hundred): its size is bounded by that of a stanza and by the store.
 */
import { anyChildren, type ElementCodec, element } from '../codec/index.ts'
import type { Element } from '../xml/index.ts'

export const VCARD_NS = 'vcard-temp'

export interface VCard {
  /** The properties as they are; none in a question, and in the answer of someone who has no card. [XEP-0054 3.1] */
  readonly properties: readonly Element[]
}

export const vcard: ElementCodec<VCard> = element(VCARD_NS, 'vCard', { properties: anyChildren() })
