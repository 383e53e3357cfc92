/** Whether a stanza passes a block list, and what is said if not. XEP-0191 1.3 section 3.3. Pure. */
import type { Jid } from '@rookery/protocol/jid'
import { type Stanza, StanzaError } from '@rookery/protocol/stanza'
import { blocked } from '@rookery/protocol/xeps/blocking'
import type { Refusal } from '../../trip.ts'
import type { BlockList } from './block-list.ts'

const asIfGone = new StanzaError('service-unavailable')
const ownDoing = new StanzaError('not-acceptable', { type: 'cancel', application: blocked })

/** The other side of a stanza on the way out of, or in to, an account; undefined when it is nobody to block. */
export function otherSide(stanza: Stanza, side: 'out' | 'in', account: Jid): Jid | undefined {
  const other = side === 'out' ? stanza.to : stanza.from
  if (other === undefined || (other.local === account.local && other.domain === account.domain)) return undefined // [XEP-0191 5]
  return other.isDomain && other.domain === account.domain ? undefined : other // our own server is heard in any case
}

export function screen(list: BlockList, stanza: Stanza, side: 'out' | 'in', other: Jid): Refusal | undefined {
  if (!list.matches(other)) return undefined
  if (side === 'out') return ownDoing
  if (stanza.kind === 'presence') return 'silence'
  // the same as for an account that does not exist [S62]
  if (stanza.kind === 'message') return stanza.type === 'headline' && stanza.to?.isFull !== true ? 'silence' : asIfGone
  return stanza.type === 'get' || stanza.type === 'set' ? asIfGone : 'silence'
}

/** The same, when the list has been read. */
export function screenLater(
  list: Promise<BlockList>,
  stanza: Stanza,
  side: 'out' | 'in',
  other: Jid,
): Promise<Refusal | undefined> {
  return list.then((known) => screen(known, stanza, side, other))
}
