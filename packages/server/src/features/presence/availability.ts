/** Presence that a session of ours sends about itself: initial, later, unavailable, directed. RFC 6121 sections 4.2 to 4.6. */
import { type Maybe, then } from '@rookery/protocol'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { type Presence, presence, StanzaError } from '@rookery/protocol/stanza'
import type { RosterItem } from '@rookery/storage'
import type { Limits } from '../../config/limits.ts'
import type { PresencePower, SessionsPower } from '../../powers.ts'
import type { RosterService } from '../../services/roster.ts'
import type { Session } from '../../session.ts'
import { directed, forget, remember, takeDirected } from './directed.ts'
import type { Outgoing } from './outgoing.ts'
import { priorityOf } from './priority.ts'
import { Waits } from './waits.ts'

type Items = ReadonlyMap<string, RosterItem>

const badPriority = new StanzaError('bad-request', { text: 'a priority is one integer from -128 to 127' })
const tooManyDirected = new StanzaError('policy-violation', { text: 'presence was sent to too many addresses' })

export class Availability {
  readonly #outgoing: Outgoing
  readonly #roster: () => RosterService
  readonly #sessions: SessionsPower
  readonly #presence: PresencePower
  readonly #limits: Pick<Limits, 'directedPresence'>

  constructor(
    outgoing: Outgoing,
    roster: () => RosterService,
    sessions: SessionsPower,
    power: PresencePower,
    limits: Pick<Limits, 'directedPresence'>,
  ) {
    this.#outgoing = outgoing
    this.#roster = roster
    this.#sessions = sessions
    this.#presence = power
    this.#limits = limits
  }

  /** Presence without `to` or type: the first, or a later one. [RFC6121 4.2.2, 4.4.2] */
  available(stanza: Presence, session: Session): Maybe<undefined> {
    const priority = priorityOf(stanza.element)
    if (priority === undefined) return this.#outgoing.refuse(stanza, badPriority, session)
    return then(this.#roster().items(session.account.local), (items) =>
      session.isEnded ? undefined : this.#announce(stanza, session, priority, items),
    )
  }

  /** [RFC6121 4.5.2] */
  unavailable(stanza: Presence, session: Session): Maybe<undefined> {
    if (session.isAvailable)
      return then(this.#roster().items(session.account.local), (items) => this.#leave(stanza, session, items))
    return this.#leave(stanza, session, undefined)
  }

  /** The stream ended, and the session can say nothing any more. [RFC6121 4.5.2] */
  ended(session: Session): Maybe<undefined> {
    return this.unavailable(presence(session.jid, undefined, 'unavailable'), session)
  }

  /** [RFC6121 4.6.3] */
  directed(stanza: Presence, to: Jid, session: Session): Maybe<undefined> {
    if (stanza.type === 'unavailable') forget(session, to)
    else if (!to.bare.equals(session.account) && !remember(session, to, this.#limits.directedPresence))
      return this.#outgoing.refuse(stanza, tooManyDirected, session)
    return this.#outgoing.send(stanza)
  }

  #announce(stanza: Presence, session: Session, priority: number, items: Items): Maybe<undefined> {
    const isInitial = !session.isAvailable
    const tookMessages = session.isAvailable && session.priority >= 0
    this.#presence.set(session, stanza, priority)
    const waits = new Waits()
    this.#broadcast(stanza, session, items, waits)
    this.#tellOwn(stanza, session)
    if (isInitial) this.#tellNewcomer(session, items, waits)
    // a resource that takes no messages yet has to wait for those that were kept [XEP-0160 2]
    if (priority >= 0 && !tookMessages) waits.add(this.#presence.becameAvailable(session))
    return waits.all()
  }

  /** To the contacts that are subscribed, in the name of the full JID. */
  #broadcast(stanza: Presence, session: Session, items: Items, waits: Waits): void {
    for (const item of items.values()) {
      if (!isSubscriber(item)) continue
      const contact = parseJid(item.jid)
      if (contact !== undefined) waits.add(this.#outgoing.share(session.account.local, stanza, contact))
    }
  }

  /** To all available resources of the account, the one it is about among them. */
  #tellOwn(stanza: Presence, session: Session): void {
    const wire = stanza.wire(session.account)
    for (const own of this.#sessions.of(session.account.local)) if (own.isAvailable) own.sendWire(wire)
  }

  /** Who else of the account is there, who asked for a subscription; and the contacts are asked where they are. */
  #tellNewcomer(session: Session, items: Items, waits: Waits): void {
    const { account } = session
    for (const { jid, presence: other } of this.#sessions.of(account.local))
      if (other !== undefined && jid !== session.jid) session.sendWire(other.wire(account))
    if (items.size === 0) return
    const probe = presence(account, undefined, 'probe') // from the bare JID [RFC6121 4.3.1]
    for (const item of items.values()) {
      const isContact = item.subscription === 'to' || item.subscription === 'both'
      if (!isContact && item.pendingIn === undefined) continue
      const contact = parseJid(item.jid)
      if (contact === undefined) continue
      if (item.pendingIn !== undefined) waits.add(this.#askAgain(item.pendingIn, contact, session))
      if (isContact) waits.add(this.#outgoing.share(account.local, probe, contact))
    }
  }

  /** A request that was not answered comes at every login. [RFC6121 3.1.3] */
  #askAgain(request: string, contact: Jid, session: Session): Maybe<undefined> {
    return then(this.#outgoing.isBlocked(session.account.local, contact), (isBlocked) => {
      if (!isBlocked && !session.isEnded) session.sendWire(request)
      return undefined
    })
  }

  /** `items` when it was available, and subscribers know. */
  #leave(stanza: Presence, session: Session, items: Items | undefined): Maybe<undefined> {
    const waits = new Waits()
    // a newer session may have taken the resource over already: what it said holds
    const newer = this.#sessions.find(session.jid)
    const heir = newer === session || newer?.isAvailable !== true ? undefined : newer
    const told = new Set<string>()
    if (items !== undefined && heir === undefined) {
      this.#broadcast(stanza, session, items, waits)
      for (const item of items.values()) if (isSubscriber(item)) told.add(item.jid)
      this.#tellOwn(stanza, session)
    }
    for (const to of takeDirected(session)) {
      const isToldByHeir = heir !== undefined && [...directed(heir)].some((other) => other.equals(to))
      if (!isToldByHeir && !told.has(to.bare.toString()))
        waits.add(this.#outgoing.share(session.account.local, stanza, to)) // [RFC6121 4.6.3]
    }
    this.#presence.set(session, undefined, 0)
    return waits.all()
  }
}

function isSubscriber(item: RosterItem): boolean {
  return item.subscription === 'from' || item.subscription === 'both'
}
