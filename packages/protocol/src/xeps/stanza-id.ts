/** Unique and Stable Stanza IDs (XEP-0359 0.7.0): the id that an archive gave a message, and the one its sender gave it. */
import { address, attribute, type ElementCodec, element, nonEmpty } from '../codec/index.ts'
import type { Jid } from '../jid/index.ts'

export const STANZA_ID_NS = 'urn:xmpp:sid:0'

export interface StanzaId {
  readonly id: string
  /** Who assigned it: an account, or a room. To be believed only where that one strips what others claim in its name. [XEP-0359 5] */
  readonly by: Jid
}

export const stanzaId: ElementCodec<StanzaId> = element(STANZA_ID_NS, 'stanza-id', {
  id: attribute('id', nonEmpty),
  by: attribute('by', address),
})

/** Of the sender's own making. */
export const originId: ElementCodec<{ readonly id: string }> = element(STANZA_ID_NS, 'origin-id', {
  id: attribute('id', nonEmpty),
})
