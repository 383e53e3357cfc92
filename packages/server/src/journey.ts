/**
 * The corridor: what happens to a stanza on the side of its sender, and on the side of its recipient, in this order:
 *
 *     screen -> stamp -> archive -> copy -> deliver -> fallback -> notify
 *
 * A message passes all of it; presence and IQ are screened, then go to the presence room and to iq.ts.
 */
import { type Maybe, then } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import { type Iq, type Message, type Stanza, StanzaError } from '@rookery/protocol/stanza'
import type { Accounts } from './accounts.ts'
import { fateOf } from './deliver.ts'
import type { IqTable } from './iq.ts'
import { weightOf } from './lane.ts'
import { callSafely, type Phases } from './phases.ts'
import type { Log } from './powers.ts'
import type { Registry } from './registry.ts'
import type { PresenceService } from './services/presence.ts'
import type { Session } from './session.ts'
import type { Kept, Refusal, Trip } from './trip.ts'

/** What the corridor needs around it. */
export interface Surroundings {
  readonly phases: Phases
  readonly accounts: Accounts
  readonly registry: Registry
  readonly iq: IqTable
  readonly log: Log
  presence(): PresenceService | undefined
  route(stanza: Stanza, origin: Session | undefined): Maybe<undefined>
  refuse(stanza: Stanza, error: StanzaError, origin: Session | undefined): Maybe<undefined>
}

const nobodyHome = new StanzaError('service-unavailable')
/** Storage fails: it may work again later. [S137] */
const notKept = new StanzaError('internal-server-error', { type: 'wait' })
const nobody: readonly Session[] = []

/** A trip as the corridor sees it. */
class Walk<S extends Stanza> implements Trip<S> {
  stanza: S
  readonly side: 'out' | 'in'
  readonly account: Jid
  readonly origin: Session | undefined
  kept: Kept | undefined
  reached: readonly Session[] = nobody

  constructor(stanza: S, side: 'out' | 'in', account: Jid, origin: Session | undefined) {
    this.stanza = stanza
    this.side = side
    this.account = account
    this.origin = origin
  }
}

export class Journey {
  readonly #s: Surroundings

  constructor(surroundings: Surroundings) {
    this.#s = surroundings
  }

  /** The sender's side: from a session of ours, to the router. */
  depart(stanza: Stanza, session: Session): Maybe<undefined> {
    const walk = new Walk(stanza, 'out', session.account, session)
    return then(this.#screen(walk), (refusal) => {
      if (refusal !== undefined) return this.#refused(walk, refusal)
      switch (stanza.kind) {
        case 'message':
          return this.#keep(walk as Walk<Message>, () => this.#s.route(walk.stanza, session))
        case 'presence':
          return this.#s.phases.presence?.outbound(stanza, session)
        case 'iq':
          return this.#s.route(stanza, session)
      }
    })
  }

  /** The recipient's side: from the router, to the sessions of an account of ours. */
  arrive(stanza: Stanza, to: Jid, origin: Session | undefined): Maybe<undefined> {
    const sessions = this.#s.registry.of(to.local)
    const exists = sessions.length > 0 || this.#s.accounts.exists(to.local)
    if (exists === true) return this.#arriveAt(stanza, to, origin)
    return then(exists, (found) => (found ? this.#arriveAt(stanza, to, origin) : this.#noSuchUser(stanza, to, origin)))
  }

  #arriveAt(stanza: Stanza, to: Jid, origin: Session | undefined): Maybe<undefined> {
    const walk = new Walk(stanza, 'in', to.bare, origin)
    return then(this.#screen(walk), (refusal) => {
      if (refusal !== undefined) return this.#refused(walk, refusal)
      switch (stanza.kind) {
        case 'message':
          return this.#keep(walk as Walk<Message>, () => this.#deliver(walk as Walk<Message>, to))
        case 'presence':
          return this.#s.phases.presence?.inbound(stanza)
        case 'iq':
          return this.#deliverIq(stanza, to, origin)
      }
    })
  }

  /** Answered as an account is that nobody is logged in to. [RFC6121 8.5.1] */
  #noSuchUser(stanza: Stanza, to: Jid, origin: Session | undefined): Maybe<undefined> {
    switch (stanza.kind) {
      case 'presence':
        return this.#s.phases.presence?.absent?.(stanza)
      case 'iq':
        return to.isBare
          ? this.#s.iq.take(stanza, 'account', origin, false)
          : this.#s.refuse(stanza, nobodyHome, origin)
      case 'message':
        return fateOf(stanza, to, nobody) === 'ignore' ? undefined : this.#s.refuse(stanza, nobodyHome, origin)
    }
  }

  #screen(walk: Walk<Stanza>): Maybe<Refusal | undefined> {
    return firstOf(this.#s.phases.screen, 0, walk)
  }

  /** Stamps, archives and copies a message, then goes on; a stream whose messages wait for commits keeps their order. */
  #keep(walk: Walk<Message>, onward: () => Maybe<undefined>): Maybe<undefined> {
    const { stamp, archive, copy } = this.#s.phases
    for (let i = 0; i < stamp.length; i++) walk.stanza = stamp[i]!.call(walk) ?? walk.stanza
    let durable: Maybe<unknown>
    for (let i = 0; i < archive.length; i++) {
      const kept = archive[i]!.call(walk)
      if (kept instanceof Promise) durable = durable === undefined ? kept : Promise.all([durable, kept])
    }
    const proceed = (): Maybe<undefined> => {
      callSafely(copy, walk, this.#s.log)
      return onward()
    }
    const lane = walk.origin?.lane
    if (lane === undefined) return then(durable as Maybe<undefined>, proceed)
    return lane[walk.side].enter(weightOf(walk.stanza.element), durable, proceed, () => {
      this.#s.refuse(walk.stanza, notKept, walk.origin)
    })
  }

  #deliver(walk: Walk<Message>, to: Jid): Maybe<undefined> {
    const fate = fateOf(walk.stanza, to, this.#s.registry.of(to.local))
    switch (fate) {
      case 'ignore':
        return undefined
      case 'refuse':
        return this.#s.refuse(walk.stanza, nobodyHome, walk.origin)
      case 'store':
        return this.#settle(walk, this.fallback(walk))
    }
    walk.reached = fate
    const wire = walk.stanza.wire()
    for (let i = 0; i < fate.length; i++) fate[i]!.sendMessage(walk.stanza, wire)
    if (this.#s.phases.notify.length > 0) callSafely(this.#s.phases.notify, walk, this.#s.log)
    return undefined
  }

  /** What is being stored holds nobody up: the messages behind it join the same commit. */
  #settle(walk: Walk<Message>, kept: Maybe<undefined>): Maybe<undefined> {
    const lane = walk.origin?.lane
    if (lane === undefined || !(kept instanceof Promise)) return kept
    return lane[walk.side].settle(weightOf(walk.stanza.element), kept)
  }

  /** A message that no session took, or that one could not give to its client any more. */
  undelivered(message: Message, account: Jid): Maybe<undefined> {
    return this.fallback(new Walk(message, 'in', account, undefined))
  }

  /** Nobody was home: kept, durably, or the sender is told. Neither throws nor rejects. */
  fallback(walk: Walk<Message>): Maybe<undefined> {
    const failed = (error: unknown): Maybe<undefined> => {
      this.#s.log.error({ account: walk.account.toString(), error }, 'a message could not be kept')
      return this.#s.refuse(walk.stanza, notKept, walk.origin)
    }
    try {
      const kept = this.#ask(walk)
      return kept instanceof Promise ? kept.catch(failed) : kept
    } catch (error) {
      return failed(error)
    }
  }

  #ask(walk: Walk<Message>): Maybe<undefined> {
    return then(firstOf(this.#s.phases.fallback, 0, walk), (kept) => {
      if (kept === true) {
        callSafely(this.#s.phases.notify, walk, this.#s.log)
        return undefined
      }
      return this.#s.refuse(walk.stanza, kept === undefined || kept === false ? nobodyHome : kept, walk.origin)
    })
  }

  #deliverIq(iq: Iq, to: Jid, origin: Session | undefined): Maybe<undefined> {
    if (to.isBare) return this.#s.iq.take(iq, 'account', origin) // [RFC6121 8.5.2.1.3]
    const session = this.#s.registry.find(to)
    if (session === undefined) return this.#s.refuse(iq, nobodyHome, origin) // [RFC6121 8.5.3.2.3]
    if (iq.type === 'result' || iq.type === 'error') {
      session.send(iq)
      return undefined
    }
    // a request reaches only a resource that its sender knows of already, as its own server does [RFC6121 8.5.3.1]
    const known =
      iq.from === undefined ||
      iq.from.bare.equals(to.bare) ||
      (iq.from.isDomain && iq.from.domain === to.domain) ||
      (this.#s.presence()?.isKnownTo(session, iq.from) ?? true)
    return then(known, (may) => {
      if (!may) return this.#s.refuse(iq, nobodyHome, origin)
      session.send(iq)
      return undefined
    })
  }

  #refused(walk: Walk<Stanza>, refusal: Refusal): Maybe<undefined> {
    return refusal === 'silence' ? undefined : this.#s.refuse(walk.stanza, refusal, walk.origin)
  }
}

/** The first answer that is not undefined (nor false), asking one after the other. */
function firstOf<A, R>(
  list: readonly { call: (argument: A) => Maybe<R | undefined> }[],
  from: number,
  argument: A,
): Maybe<R | undefined> {
  for (let i = from; i < list.length; i++) {
    const answer = list[i]!.call(argument)
    if (answer instanceof Promise)
      return answer.then((late) => (late !== undefined && late !== false ? late : firstOf(list, i + 1, argument)))
    if (answer !== undefined && answer !== false) return answer
  }
  return undefined
}
