/** Subscription states as roster items keep them: subscription, ask, and the request that waits. RFC 6121 appendix A.1. */
import type { RosterItem, Subscription } from '@rookery/storage'
import { isPendingIn, type SubscriptionState } from './subscription.ts'

/** No item is "None" too. [RFC6121 A.1] */
export function stateOf(item: RosterItem | undefined): SubscriptionState {
  if (item === undefined) return 'None'
  const isAsked = item.pendingIn !== undefined
  switch (item.subscription) {
    case 'none':
      if (item.ask) return isAsked ? 'None + Pending Out+In' : 'None + Pending Out'
      return isAsked ? 'None + Pending In' : 'None'
    case 'to':
      return isAsked ? 'To + Pending In' : 'To'
    case 'from':
      return item.ask ? 'From + Pending Out' : 'From'
    case 'both':
      return 'Both'
  }
}

const kept: Readonly<Record<SubscriptionState, { subscription: Subscription; ask: boolean }>> = {
  None: { subscription: 'none', ask: false },
  'None + Pending Out': { subscription: 'none', ask: true },
  'None + Pending In': { subscription: 'none', ask: false },
  'None + Pending Out+In': { subscription: 'none', ask: true },
  To: { subscription: 'to', ask: false },
  'To + Pending In': { subscription: 'to', ask: false },
  From: { subscription: 'from', ask: false },
  'From + Pending Out': { subscription: 'from', ask: true },
  Both: { subscription: 'both', ask: false },
}

/** What becomes of an item. `request`: the wire form of the request, where one is pending in the new state. */
export interface ItemChange {
  readonly jid: string
  readonly next: SubscriptionState
  readonly approved: boolean
  readonly request: string | undefined
}

/**
 * The item in its new state: the very same where nothing changed, undefined where nothing is left to remember. It enters
 * the roster that clients see with whatever the user does or grants, never with a mere request of a stranger.
 */
export function changedItem(item: RosterItem | undefined, change: ItemChange): RosterItem | undefined {
  const { subscription, ask } = kept[change.next]
  const pendingIn = isPendingIn(change.next) ? (item?.pendingIn ?? change.request) : undefined
  const listed = item?.listed === true || subscription !== 'none' || ask || change.approved // [RFC6121 3.1.3]
  if (!listed && pendingIn === undefined) return undefined
  const isSame =
    item !== undefined &&
    item.subscription === subscription &&
    item.ask === ask &&
    item.approved === change.approved &&
    item.pendingIn === pendingIn &&
    item.listed === listed
  if (isSame) return item
  return {
    jid: change.jid,
    groups: item?.groups ?? [],
    subscription,
    ask,
    approved: change.approved,
    listed,
    ...(item?.name === undefined ? {} : { name: item.name }),
    ...(pendingIn === undefined ? {} : { pendingIn }),
  }
}
