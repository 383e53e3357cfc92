/** Presence that comes for an account of ours or one of its resources: delivery and probes. RFC 6121 sections 4.3 and 8.5. */
import { type Maybe, then } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import { type Presence, presence } from '@rookery/protocol/stanza'
import type { SessionsPower } from '../../powers.ts'
import type { RosterService } from '../../services/roster.ts'
import type { Session } from '../../session.ts'
import { forget, isDirectedTo } from './directed.ts'
import type { Outgoing } from './outgoing.ts'
import { Waits } from './waits.ts'

export class Arrivals {
  readonly #outgoing: Outgoing
  readonly #roster: () => RosterService
  readonly #sessions: SessionsPower

  constructor(outgoing: Outgoing, roster: () => RosterService, sessions: SessionsPower) {
    this.#outgoing = outgoing
    this.#roster = roster
    this.#sessions = sessions
  }

  /** Available, unavailable, error: to those it is for, as it stands. [RFC6121 8.5.2.1.2, 8.5.3.1] */
  deliver(stanza: Presence, from: Jid, to: Jid): undefined {
    if (to.isFull) {
      const session = this.#sessions.find(to)
      if (session !== undefined) this.#give(stanza, stanza.wire(), from, session)
      return undefined // nobody there: nothing [RFC6121 8.5.3.2.2]
    }
    const sessions = this.#sessions.of(to.local)
    if (sessions.length === 0) return undefined // [RFC6121 8.5.2.2.2]
    const wire = stanza.wire()
    const interested = stanza.type === 'error' ? this.#roster().interested(to.local) : []
    // an error may answer a request made by a resource that never was available [RFC6121 3.1.2]
    for (const session of sessions)
      if (session.isAvailable || interested.includes(session)) this.#give(stanza, wire, from, session)
    return undefined
  }

  /** [RFC6121 4.3.2] */
  probe(stanza: Presence, from: Jid, to: Jid): Maybe<undefined> {
    return then(this.#roster().isSubscriber(to.local, from), (isSubscriber) =>
      isSubscriber ? this.#tell(stanza, from, to) : this.#tellStranger(stanza, from, to),
    )
  }

  /** The same as an account that does not know who probes. [RFC6121 8.5.1, S100] */
  denied(stanza: Presence, from: Jid, to: Jid): Maybe<undefined> {
    return this.#outgoing.send(presence(to.bare, from.bare, 'unsubscribed', [], stanza.id)) // [RFC6121 4.3.2.1]
  }

  #tell(probe: Presence, from: Jid, to: Jid): Maybe<undefined> {
    if (to.isFull) {
      const session = this.#sessions.find(to)
      const isThere = session?.isAvailable === true || (session !== undefined && isDirectedTo(session, from))
      // mere presence, of this resource alone
      return this.#outgoing.send(isThere ? presence(to, from, 'available') : this.#gone(probe, from, to))
    }
    const waits = new Waits()
    let isThere = false
    for (const { presence: current } of this.#sessions.of(to.local)) {
      if (current === undefined) continue
      isThere = true
      waits.add(this.#outgoing.send(current.with({ to: from }))) // with the id it had [RFC6121 4.3.2.1]
    }
    if (!isThere) waits.add(this.#outgoing.send(this.#gone(probe, from, to)))
    return waits.all()
  }

  /** Somebody presence was directed to learns that much, of that resource. [RFC6121 4.6.6] */
  #tellStranger(probe: Presence, from: Jid, to: Jid): Maybe<undefined> {
    const known = this.#sessions
      .of(to.local)
      .filter(({ jid }) => to.isBare || jid.resource === to.resource)
      .filter((session) => isDirectedTo(session, from))
    if (known.length === 0) return this.denied(probe, from, to)
    const waits = new Waits()
    for (const { jid } of known) waits.add(this.#outgoing.send(presence(jid, from, 'available')))
    return waits.all()
  }

  #gone(probe: Presence, from: Jid, to: Jid): Presence {
    return presence(to, from, 'unavailable', [], probe.id)
  }

  #give(stanza: Presence, wire: string, from: Jid, session: Session): void {
    if (stanza.type === 'unavailable') forget(session, from) // [RFC6121 4.6.1]
    session.sendWire(wire)
  }
}
