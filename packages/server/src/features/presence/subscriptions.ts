/**
 * What follows from the stanzas that manage subscriptions: the roster, what is delivered and routed, and in which order.
 * RFC 6121 section 3; the decisions are subscription.ts's.
 */
import { type Maybe, then } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import { type Presence, presence, StanzaError } from '@rookery/protocol/stanza'
import type { RosterItem } from '@rookery/storage'
import type { Limits } from '../../config/limits.ts'
import type { SessionsPower } from '../../powers.ts'
import type { PushService } from '../../services/push.ts'
import type { RosterService } from '../../services/roster.ts'
import type { Session } from '../../session.ts'
import { forgetContact } from './directed.ts'
import type { Outgoing } from './outgoing.ts'
import { type Decision, decideInbound, decideOutbound, type SubscriptionType, seesUser } from './subscription.ts'
import { changedItem, stateOf } from './subscription-item.ts'

const oneself = new StanzaError('not-allowed', { text: 'everybody is subscribed to the own presence' })

export class Subscriptions {
  readonly #outgoing: Outgoing
  readonly #roster: () => RosterService
  readonly #sessions: SessionsPower
  readonly #limits: Pick<Limits, 'rosterRequestBytes'>
  readonly #push: () => PushService | undefined

  constructor(
    outgoing: Outgoing,
    roster: () => RosterService,
    sessions: SessionsPower,
    limits: Pick<Limits, 'rosterRequestBytes'>,
    push: () => PushService | undefined,
  ) {
    this.#outgoing = outgoing
    this.#roster = roster
    this.#sessions = sessions
    this.#limits = limits
    this.#push = push
  }

  /** From a session of ours. */
  outbound(stanza: Presence, type: SubscriptionType, to: Jid, session: Session): Maybe<undefined> {
    const contact = to.bare // [RFC6121 3.1.2]
    const { account } = session
    if (contact.equals(account)) return this.#outgoing.refuse(stanza, oneself, session)
    const stamped = stanza.with({ from: account, to: contact }) // [RFC6121 3]
    const changed = this.#roster().change(account.local, contact, (item) => {
      const before = stateOf(item)
      const decision = decideOutbound(type, before, item?.approved ?? false)
      const { next, approved } = decision
      return {
        item: changedItem(item, { jid: contact.toString(), next, approved, request: undefined }),
        pushed: () => (decision.passes ? this.#departs(stamped, type, contact, account, seesUser(before)) : undefined),
      }
    })
    const answer = (error: StanzaError | undefined): undefined =>
      error === undefined ? undefined : this.#outgoing.refuse(stanza, error, session)
    if (!(changed instanceof Promise)) return answer(changed)
    return changed.then(answer, (fault) => this.#outgoing.refuseFailed(stanza, fault, session))
  }

  /** To an account of ours. */
  inbound(stanza: Presence, type: SubscriptionType, from: Jid, to: Jid): Maybe<undefined> {
    const contact = from.bare
    const account = to.bare
    if (contact.equals(account)) return undefined
    // only a request may miss its resource [RFC6121 8.5.3.2.2]
    if (to.isFull && type !== 'subscribe' && this.#sessions.find(to) === undefined) return undefined
    const arrived = from.isBare && to.isBare ? stanza : stanza.with({ from: contact, to: account }) // [RFC6121 3.1.3]
    const changed = this.#roster().change(account.local, contact, (item) => {
      const before = stateOf(item)
      const decision = decideInbound(type, before, item?.approved ?? false)
      const { next, approved, passes } = decision
      const request = type === 'subscribe' && passes ? this.#kept(arrived) : undefined
      return {
        item: changedItem(item, { jid: contact.toString(), next, approved, request }),
        // before the push, so that clients know what it is about [RFC6121 3.1.6, 3.2.3, 3.3.3]
        durable: () => (passes ? this.#deliver(arrived, type, account.local) : undefined),
        pushed: () => this.#arrives(arrived, decision, contact, account, seesUser(before)),
      }
    })
    return then(changed, () => undefined) // a full roster: nobody is told, as if the request stayed unanswered
  }

  /** An item was removed from the roster; what it stood for ends. [RFC6121 2.5.2] */
  end(account: Jid, contact: Jid, item: RosterItem): Maybe<undefined> {
    const unsubscribes = item.ask || item.subscription === 'to' || item.subscription === 'both'
    const first = unsubscribes ? this.#outgoing.send(presence(account, contact, 'unsubscribe')) : undefined
    return then(first, () => {
      if (item.subscription !== 'from' && item.subscription !== 'both') return undefined
      return this.#departs(presence(account, contact, 'unsubscribed'), 'unsubscribed', contact, account, true)
    })
  }

  #departs(stanza: Presence, type: SubscriptionType, contact: Jid, account: Jid, wasSeen: boolean): Maybe<undefined> {
    switch (type) {
      case 'subscribed': // then the presence, once the approval has arrived [RFC6121 3.1.5]
        return then(this.#outgoing.send(stanza), () => this.#outgoing.shareCurrent(account.local, contact))
      case 'unsubscribed': // while the contact still expects presence; none for a request that is denied [RFC6121 3.2.2]
        return then(wasSeen ? this.#hide(account.local, contact) : undefined, () => this.#outgoing.send(stanza))
      default:
        return this.#outgoing.send(stanza)
    }
  }

  #arrives(stanza: Presence, decision: Decision, contact: Jid, account: Jid, wasSeen: boolean): Maybe<undefined> {
    const { answer, next } = decision
    if (answer === undefined) return undefined
    const reply = presence(account, contact, answer, [], stanza.id)
    if (answer === 'subscribed')
      return then(this.#outgoing.send(reply), () =>
        wasSeen || !seesUser(next) ? undefined : this.#outgoing.shareCurrent(account.local, contact),
      )
    return then(wasSeen ? this.#hide(account.local, contact) : undefined, () => this.#outgoing.send(reply)) // [RFC6121 3.3.3]
  }

  #hide(local: string, contact: Jid): Maybe<undefined> {
    for (const session of this.#sessions.of(local)) forgetContact(session, contact)
    return this.#outgoing.hideCurrent(local, contact)
  }

  /** A request to those who are there, the rest to those who see the roster. [RFC6121 3.1.3, 3.1.6] */
  #deliver(stanza: Presence, type: SubscriptionType, local: string): undefined {
    const wire = stanza.wire()
    if (type === 'subscribe') this.#push()?.requested(local)
    if (type !== 'subscribe') for (const session of this.#roster().interested(local)) session.sendWire(wire)
    else for (const session of this.#sessions.of(local)) if (session.isAvailable) session.sendWire(wire)
    return undefined
  }

  /** The whole request, unless it is longer than anybody who asks to be a contact needs. [RFC6121 3.1.3, S99] */
  #kept(request: Presence): string {
    const wire = request.wire()
    const { rosterRequestBytes } = this.#limits
    if (rosterRequestBytes === 0 || wire.length <= rosterRequestBytes) return wire
    return presence(request.from, request.to, 'subscribe').wire()
  }
}
