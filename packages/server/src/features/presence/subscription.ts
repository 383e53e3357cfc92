/**
 * The subscription states of RFC 6121, appendix A: its tables, and pre-approval (section 3.4). Pure decisions, seen from
 * the user whose server this is. What follows from them is subscriptions.ts's.
 */

/** [RFC6121 A.1] */
export type SubscriptionState =
  | 'None'
  | 'None + Pending Out'
  | 'None + Pending In'
  | 'None + Pending Out+In'
  | 'To'
  | 'To + Pending In'
  | 'From'
  | 'From + Pending Out'
  | 'Both'

export type SubscriptionType = 'subscribe' | 'unsubscribe' | 'subscribed' | 'unsubscribed'

export interface Decision {
  /** Outbound: routed to the contact. Inbound: delivered to the user's clients. */
  readonly passes: boolean
  readonly next: SubscriptionState
  /** What the server answers on the user's behalf. */
  readonly answer?: 'subscribed' | 'unsubscribed'
  /** The contact may subscribe without asking, from now on. */
  readonly approved: boolean
}

interface Row {
  readonly passes: boolean
  readonly next: SubscriptionState
}
type Table = Readonly<Record<SubscriptionState, Row>>

const on = (next: SubscriptionState): Row => ({ passes: true, next })
const stop = (next: SubscriptionState): Row => ({ passes: false, next })

const outboundTables: Readonly<Record<SubscriptionType, Table>> = {
  // [RFC6121 A.2.1]
  subscribe: {
    None: on('None + Pending Out'),
    'None + Pending Out': on('None + Pending Out'),
    'None + Pending In': on('None + Pending Out+In'),
    'None + Pending Out+In': on('None + Pending Out+In'),
    To: on('To'),
    'To + Pending In': on('To + Pending In'),
    From: on('From + Pending Out'),
    'From + Pending Out': on('From + Pending Out'),
    Both: on('Both'),
  },
  // [RFC6121 A.2.2]
  unsubscribe: {
    None: on('None'),
    'None + Pending Out': on('None'),
    'None + Pending In': on('None + Pending In'),
    'None + Pending Out+In': on('None + Pending In'),
    To: on('None'),
    'To + Pending In': on('None + Pending In'),
    From: on('From'),
    'From + Pending Out': on('From'),
    Both: on('From'),
  },
  // [RFC6121 A.2.3]
  subscribed: {
    None: stop('None'),
    'None + Pending Out': stop('None + Pending Out'),
    'None + Pending In': on('From'),
    'None + Pending Out+In': on('From + Pending Out'),
    To: stop('To'),
    'To + Pending In': on('Both'),
    From: stop('From'),
    'From + Pending Out': stop('From + Pending Out'),
    Both: stop('Both'),
  },
  // [RFC6121 A.2.4]
  unsubscribed: {
    None: stop('None'),
    'None + Pending Out': stop('None + Pending Out'),
    'None + Pending In': on('None'),
    'None + Pending Out+In': on('None + Pending Out'),
    To: stop('To'),
    'To + Pending In': on('To'),
    From: on('None'),
    'From + Pending Out': on('None + Pending Out'),
    Both: on('To'),
  },
}

const inboundTables: Readonly<Record<SubscriptionType, Table>> = {
  // [RFC6121 A.3.1]
  subscribe: {
    None: on('None + Pending In'),
    'None + Pending Out': on('None + Pending Out+In'),
    'None + Pending In': stop('None + Pending In'),
    'None + Pending Out+In': stop('None + Pending Out+In'),
    To: on('To + Pending In'),
    'To + Pending In': stop('To + Pending In'),
    From: stop('From'),
    'From + Pending Out': stop('From + Pending Out'),
    Both: stop('Both'),
  },
  // [RFC6121 A.3.2]
  unsubscribe: {
    None: stop('None'),
    'None + Pending Out': stop('None + Pending Out'),
    'None + Pending In': on('None'),
    'None + Pending Out+In': on('None + Pending Out'),
    To: stop('To'),
    'To + Pending In': on('To'),
    From: on('None'),
    'From + Pending Out': on('None + Pending Out'),
    Both: on('To'),
  },
  // [RFC6121 A.3.3]
  subscribed: {
    None: stop('None'),
    'None + Pending Out': on('To'),
    'None + Pending In': stop('None + Pending In'),
    'None + Pending Out+In': on('To + Pending In'),
    To: stop('To'),
    'To + Pending In': stop('To + Pending In'),
    From: stop('From'),
    'From + Pending Out': on('Both'),
    Both: stop('Both'),
  },
  // [RFC6121 A.3.4]
  unsubscribed: {
    None: stop('None'),
    'None + Pending Out': on('None'),
    'None + Pending In': stop('None + Pending In'),
    'None + Pending Out+In': on('None + Pending In'),
    To: on('None'),
    'To + Pending In': on('None + Pending In'),
    From: stop('From'),
    'From + Pending Out': on('From'),
    Both: on('From'),
  },
}

/** What the user sends. */
export function decideOutbound(type: SubscriptionType, state: SubscriptionState, approved: boolean): Decision {
  const row = outboundTables[type][state]
  switch (type) {
    case 'subscribed': {
      // nothing to answer, and the contact sees nothing of us yet: an approval beforehand [RFC6121 3.4.2]
      const isBeforehand = !row.passes && !seesUser(state)
      return { ...row, approved: approved || isBeforehand }
    }
    case 'unsubscribed':
      return { ...row, approved: false } // [RFC6121 3.2.2, 3.4.2]
    default:
      return { ...row, approved }
  }
}

/** What the contact sends. */
export function decideInbound(type: SubscriptionType, state: SubscriptionState, approved: boolean): Decision {
  const row = inboundTables[type][state]
  switch (type) {
    case 'subscribe':
      if (seesUser(state)) return { ...row, approved, answer: 'subscribed' } // [RFC6121 3.1.3, A.3.1 note 2]
      if (approved) return { passes: false, next: granted(row.next), approved, answer: 'subscribed' } // [RFC6121 3.4.2]
      return { ...row, approved }
    case 'unsubscribe':
      return row.passes ? { ...row, approved, answer: 'unsubscribed' } : { ...row, approved } // [RFC6121 A.3.2]
    default:
      return { ...row, approved }
  }
}

/** Whether the contact is subscribed to the user. */
export function seesUser(state: SubscriptionState): boolean {
  return state === 'From' || state === 'From + Pending Out' || state === 'Both'
}

export function isPendingIn(state: SubscriptionState): boolean {
  return state === 'None + Pending In' || state === 'None + Pending Out+In' || state === 'To + Pending In'
}

/** The state after the request that is pending was approved. */
function granted(state: SubscriptionState): SubscriptionState {
  return decideOutbound('subscribed', state, false).next
}
