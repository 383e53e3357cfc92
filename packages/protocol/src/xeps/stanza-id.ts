/** Unique and Stable Stanza IDs (XEP-0359 0.7.0): the id that an archive gave a message, and the one its sender gave it. */
import { address, attribute, type ElementCodec, element, intact, nonEmpty, optionalAttribute } from '../codec/index.ts'
import type { Jid } from '../jid/index.ts'
import type { Element } from '../xml/index.ts'

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

/** Names another stanza by what somebody called it. [XEP-0359 4] */
export const referencedStanza: ElementCodec<{ readonly id: string; readonly by?: Jid | undefined }> = element(
  STANZA_ID_NS,
  'referenced-stanza',
  { id: attribute('id', nonEmpty), by: optionalAttribute('by', address) },
)

/** What this one called the message. */
export function stanzaIdBy(message: Element, by: Jid): string | undefined {
  for (const child of message.children) {
    if (typeof child === 'string') continue
    const found = intact(stanzaId.parse(child))
    if (found?.by.equals(by) === true) return found.id
  }
  return undefined
}
