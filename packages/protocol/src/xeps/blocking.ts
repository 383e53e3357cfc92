/** Blocking Command (XEP-0191 1.3): the list, and the commands and pushes that change it. The reports of XEP-0377 are in reporting.ts. */
import { address, attributesOf, type ElementCodec, element } from '../codec/index.ts'
import type { Jid } from '../jid/index.ts'
import { type Element, el } from '../xml/index.ts'

export const BLOCKING_NS = 'urn:xmpp:blocking'
export const BLOCKING_ERRORS_NS = 'urn:xmpp:blocking:errors'

export interface BlockedJids {
  readonly jids: readonly Jid[]
}

export const blocklist: ElementCodec<BlockedJids> = element(BLOCKING_NS, 'blocklist', {
  jids: attributesOf('item', 'jid', address),
})

/** At least one address is needed. [XEP-0191 3.3] */
export const block: ElementCodec<BlockedJids> = element(
  BLOCKING_NS,
  'block',
  { jids: attributesOf('item', 'jid', address) },
  ({ jids }) => (jids.length === 0 ? '<block/> needs at least one <item/>.' : undefined),
)

/** No address at all means every one. [XEP-0191 3.5] */
export const unblock: ElementCodec<BlockedJids> = element(BLOCKING_NS, 'unblock', {
  jids: attributesOf('item', 'jid', address),
})

/** The condition beside `not-acceptable` when the sender himself blocked the addressee. [XEP-0191 3.3] */
export const blocked: Element = el('blocked', BLOCKING_ERRORS_NS)
