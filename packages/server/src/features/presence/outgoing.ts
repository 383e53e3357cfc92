/** The way out of the presence room: what one contact cannot be told must not keep it from the others. */
import { type Maybe, then } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import { errorOf, type Presence, presence, StanzaError } from '@rookery/protocol/stanza'
import type { Log, RoutePower, ServicesPower, SessionsPower } from '../../powers.ts'
import { blockingService } from '../../services/blocking.ts'
import type { Session } from '../../session.ts'
import { Waits } from './waits.ts'

export class Outgoing {
  readonly #route: RoutePower
  readonly #services: ServicesPower
  readonly #sessions: SessionsPower
  readonly #log: Log

  constructor(powers: { route: RoutePower; services: ServicesPower; sessions: SessionsPower; log: Log }) {
    this.#route = powers.route
    this.#services = powers.services
    this.#sessions = powers.sessions
    this.#log = powers.log
  }

  /** Sends it; a failure is logged, never thrown. */
  send(stanza: Presence): Maybe<undefined> {
    try {
      const sent = this.#route(stanza)
      return sent instanceof Promise ? sent.catch((error) => this.#failed(stanza, error)) : sent
    } catch (error) {
      return this.#failed(stanza, error)
    }
  }

  /** Sends presence of an account to one of its contacts, unless that is blocked. [XEP-0191 3.3] */
  share(local: string, stanza: Presence, contact: Jid): Maybe<undefined> {
    return then(this.isBlocked(local, contact), (isBlocked) =>
      isBlocked ? undefined : this.send(stanza.with({ to: contact })),
    )
  }

  isBlocked(local: string, contact: Jid): Maybe<boolean> {
    return this.#services.find(blockingService)?.isBlocked(local, contact) ?? false
  }

  /** The presence of each available resource, as it was sent last. */
  shareCurrent(local: string, contact: Jid): Maybe<undefined> {
    const waits = new Waits()
    for (const { presence: current } of this.#sessions.of(local))
      if (current !== undefined) waits.add(this.share(local, current, contact))
    return waits.all()
  }

  /** Unavailable presence of each available resource: the contact sees them no longer. [RFC6121 3.2.2, 3.3.3] */
  hideCurrent(local: string, contact: Jid): Maybe<undefined> {
    const waits = new Waits()
    for (const session of this.#sessions.of(local))
      if (session.isAvailable) waits.add(this.send(presence(session.jid, contact, 'unavailable')))
    return waits.all()
  }

  refuse(stanza: Presence, error: StanzaError, session: Session): undefined {
    const answer = errorOf(stanza, error)
    if (answer !== undefined && !session.isEnded) session.send(answer)
    return undefined
  }

  /** What storage did not take: the client is told. */
  refuseFailed(stanza: Presence, fault: unknown, session: Session): undefined {
    this.#failed(stanza, fault)
    return this.refuse(stanza, new StanzaError('internal-server-error', { type: 'wait' }), session)
  }

  #failed(stanza: Presence, error: unknown): undefined {
    this.#log.error({ from: stanza.from?.toString(), type: stanza.type, error }, 'a presence could not be sent')
    return undefined
  }
}
