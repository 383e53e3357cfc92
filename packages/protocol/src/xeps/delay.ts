/** Delayed Delivery (XEP-0203 2.0): when a stanza was first sent, and who held it back. Whom to believe is the reader's to decide. */
import {
  address,
  attribute,
  dateTime,
  type ElementCodec,
  element,
  optionalAttribute,
  optionalOwnText,
} from '../codec/index.ts'
import type { Jid } from '../jid/index.ts'

export const DELAY_NS = 'urn:xmpp:delay'

export interface Delay {
  readonly from?: Jid | undefined
  /** Milliseconds since 1970 in UTC. */
  readonly stamp: number
  /** Why, for a person to read. */
  readonly reason?: string | undefined
}

export const delay: ElementCodec<Delay> = element(DELAY_NS, 'delay', {
  from: optionalAttribute('from', address),
  stamp: attribute('stamp', dateTime),
  reason: optionalOwnText(),
})
