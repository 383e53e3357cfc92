/** Which messages belong into the archive of an account. XEP-0313 1.1.3 section 6.1.1, XEP-0334 1.0.0 section 4. Pure. */
import { NS } from '@rookery/protocol'
import type { Message } from '@rookery/protocol/stanza'
import { CARBONS_NS } from '@rookery/protocol/xeps/carbons'
import { DELAY_NS } from '@rookery/protocol/xeps/delay'
import { HINTS_NS, hasHint } from '@rookery/protocol/xeps/hints'
import { MAM_NS } from '@rookery/protocol/xeps/mam'
import { STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import type { Element } from '@rookery/protocol/xml'

/** Extensions that alone say nothing to somebody who reads them later: states, marks, what is fetched elsewhere, parts of a stream. */
const passing = new Set([
  'http://jabber.org/protocol/chatstates',
  'http://jabber.org/protocol/pubsub#event',
  'http://jabber.org/protocol/ibb',
  'http://jabber.org/protocol/nick',
  'http://jabber.org/protocol/address',
  'http://jabber.org/protocol/amp',
  'jabber:x:event',
  'jabber:x:delay',
  'urn:xmpp:fallback:0',
  CARBONS_NS,
  DELAY_NS,
  HINTS_NS,
  MAM_NS,
  STANZA_ID_NS,
])

/** Whether messages of this type are archived at all: not those of rooms, which have archives of their own, nor errors. */
export function isArchivedType({ type, element }: Message): boolean {
  return type === 'chat' || type === 'normal' || (type === 'headline' && hasHint(element, 'store')) // [XEP-0334 4.4]
}

/**
 * Whether there is something in it that its reader may want to find again. Everything counts that is not known to pass: receipts,
 * markers, reactions, retractions, encrypted messages, and what nobody has thought of yet.
 */
export function isWorthKeeping(message: Message): boolean {
  const { element } = message
  if (hasHint(element, 'no-store') || hasHint(element, 'no-permanent-store')) return false // [XEP-0334 4.1, 4.2]
  return element.children.some((child) => typeof child !== 'string' && isLasting(child)) || hasHint(element, 'store') // [XEP-0334 4.4]
}

function isLasting({ name, ns }: Element): boolean {
  switch (ns) {
    case NS.client:
      return name !== 'thread'
    case 'urn:xmpp:receipts': // [XEP-0184 5.3]
      return name !== 'request'
    case 'urn:xmpp:chat-markers:0': // [XEP-0333 5]
      return name !== 'markable'
    default:
      return !passing.has(ns)
  }
}
