/** Which messages are kept for those who are away, and what has to be known of them later. XEP-0160 1.0.1 section 3. Pure. */

import { NS } from '@rookery/protocol'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { DELAY_NS } from '@rookery/protocol/xeps/delay'
import { HINTS_NS, hasHint } from '@rookery/protocol/xeps/hints'
import { STANZA_ID_NS, stanzaIdBy } from '@rookery/protocol/xeps/stanza-id'
import { Element, parseElement } from '@rookery/protocol/xml'
import { isDelayed, storedLimits } from '../../stored-stanza.ts'

/** Extensions that say nothing to somebody who reads them hours later. */
const passing = new Set(['http://jabber.org/protocol/chatstates', HINTS_NS, DELAY_NS, STANZA_ID_NS])

/** Whether the message is worth keeping. [XEP-0160 3, XEP-0334 4] */
export function isKept(message: Message): boolean {
  if (message.type !== 'normal' && message.type !== 'chat') return false
  if (hasHint(message.element, 'no-store')) return false
  return hasHint(message.element, 'store') || message.element.childElements().some(isLasting)
}

function isLasting(child: Element): boolean {
  return child.ns === NS.client ? child.name !== 'thread' : !passing.has(child.ns)
}

export interface Marks {
  readonly sender: Jid | undefined
  /** Its id in the archive of the account. */
  readonly archiveId: string | undefined
  /** It bears a delay of ours: it was delivered before, to a client that did not get it. */
  readonly isStamped: boolean
}

/** What has to be known of a kept message before it is delivered. */
export function marksOf(kept: string, account: Jid, host: Jid): Marks {
  const element = parseElement(kept, storedLimits)
  if (!(element instanceof Element)) return { sender: undefined, archiveId: undefined, isStamped: false }
  const from = element.attr('from')
  return {
    sender: from === undefined ? undefined : parseJid(from),
    archiveId: stanzaIdBy(element, account),
    isStamped: isDelayed(element, host),
  }
}
