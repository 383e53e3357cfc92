/** What the presence room offers to others: who knows of a resource, and being seen or not by one contact (XEP-0191). */
import { type Maybe, then } from '@rookery/protocol'
import { type Jid, jidFromParts, parseJid } from '@rookery/protocol/jid'
import { presence } from '@rookery/protocol/stanza'
import type { RosterItem } from '@rookery/storage'
import type { SessionsPower } from '../../powers.ts'
import type { PresenceService } from '../../services/presence.ts'
import type { RosterService } from '../../services/roster.ts'
import type { Session } from '../../session.ts'
import { directed, forget, isDirectedTo } from './directed.ts'
import type { Outgoing } from './outgoing.ts'
import type { Subscriptions } from './subscriptions.ts'
import { Waits } from './waits.ts'

export class Visibility implements PresenceService {
  readonly #outgoing: Outgoing
  readonly #subscriptions: Subscriptions
  readonly #roster: () => RosterService
  readonly #sessions: SessionsPower
  readonly #domain: string

  constructor(
    outgoing: Outgoing,
    subscriptions: Subscriptions,
    roster: () => RosterService,
    sessions: SessionsPower,
    domain: string,
  ) {
    this.#outgoing = outgoing
    this.#subscriptions = subscriptions
    this.#roster = roster
    this.#sessions = sessions
    this.#domain = domain
  }

  isKnownTo(session: Session, who: Jid): Maybe<boolean> {
    return isDirectedTo(session, who) || this.#roster().isSubscriber(session.account.local, who)
  }

  hideFrom(local: string, contact: Jid): Maybe<undefined> {
    return then(this.#roster().items(local), (items) => {
      const waits = new Waits()
      const subscribers = subscribersAmong(items, contact)
      for (const session of this.#sessions.of(local)) {
        if (session.isAvailable)
          for (const to of subscribers) waits.add(this.#outgoing.send(presence(session.jid, to, 'unavailable')))
        for (const to of [...directed(session)]) {
          if (!covers(contact, to)) continue
          forget(session, to)
          const isTold = session.isAvailable && subscribers.some((subscriber) => subscriber.equals(to.bare))
          if (!isTold) waits.add(this.#outgoing.send(presence(session.jid, to, 'unavailable')))
        }
      }
      return waits.all()
    })
  }

  showTo(local: string, contact: Jid): Maybe<undefined> {
    return then(this.#roster().items(local), (items) => {
      const waits = new Waits()
      for (const to of subscribersAmong(items, contact))
        for (const { presence: current } of this.#sessions.of(local))
          if (current !== undefined) waits.add(this.#outgoing.send(current.with({ to })))
      return waits.all()
    })
  }

  endSubscriptions(local: string, contact: Jid, item: RosterItem): Maybe<undefined> {
    const account = jidFromParts(local, this.#domain)
    return account === undefined ? undefined : this.#subscriptions.end(account, contact, item)
  }
}

/** Those who see presence by subscription; of a full JID that address alone. */
function subscribersAmong(items: ReadonlyMap<string, RosterItem>, pattern: Jid): readonly Jid[] {
  const found: Jid[] = []
  if (pattern.local !== '') {
    const item = items.get(pattern.bare.toString())
    if (item?.subscription === 'from' || item?.subscription === 'both') found.push(pattern)
    return found
  }
  for (const item of items.values()) {
    if (item.subscription !== 'from' && item.subscription !== 'both') continue
    const contact = parseJid(item.jid)
    if (contact !== undefined && covers(pattern, contact)) found.push(contact)
  }
  return found
}

/** A domain covers all of it, a bare JID all its resources. [XEP-0191 3.1] */
function covers(pattern: Jid, who: Jid): boolean {
  if (pattern.isDomain) return who.domain === pattern.domain
  return pattern.isFull ? who.equals(pattern) : who.bare.equals(pattern)
}
