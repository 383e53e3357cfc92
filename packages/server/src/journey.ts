/**
 * The corridor: what happens to a stanza on the side of its sender, and on the side of its recipient, in this order:
 *
 *     screen -> stamp -> archive -> copy -> deliver -> fallback -> notify
 *
 * A message passes all of it; presence and IQ are screened, then go to the presence room and to iq.ts.
 */
import { type Maybe, then, thenWith } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import { type Iq, type Message, type Stanza, StanzaError } from '@rookery/protocol/stanza'
import type { Accounts } from './accounts.ts'
import type { ArchiveIds } from './archive-ids.ts'
import { Arrivals, Queued } from './arrivals.ts'
import { fateOf } from './deliver.ts'
import type { Came } from './delivery.ts'
import { Handover } from './handover.ts'
import type { IqTable } from './iq.ts'
import { Turn, weightOf } from './lane.ts'
import { callSafely, firstOf, type Phases } from './phases.ts'
import type { Log } from './powers.ts'
import type { Registry } from './registry.ts'
import { type Arrival, arrivalOf } from './router.ts'
import type { PresenceService } from './services/presence.ts'
import type { Session } from './session.ts'
import type { Spool } from './spool.ts'
import type { Refusal } from './trip.ts'
import { bothNoted, type Noted, nobody, note, Walk } from './walk.ts'

/** What the corridor needs around it. */
export interface Surroundings {
  readonly phases: Phases
  readonly accounts: Accounts
  readonly registry: Registry
  readonly iq: IqTable
  readonly log: Log
  /** Milliseconds since the epoch. */
  now(): number
  presence(): PresenceService | undefined
  route(stanza: Stanza, origin: Session | undefined): Maybe<undefined>
  /** The first half of a message's way at its destination. */
  begin(message: Message, origin: Session | undefined): Maybe<Arrival>
  refuse(stanza: Stanza, error: StanzaError, origin: Session | undefined): Maybe<undefined>
  readonly archiveIds: ArchiveIds
  readonly spool: Spool
}

const nobodyHome = new StanzaError('service-unavailable')
/** Storage fails: it may work again later. [S137] */
const notKept = new StanzaError('internal-server-error', { type: 'wait' })

/** A message between its two sides: goes on when both are durable. */
class Crossing extends Turn {
  readonly #s: Surroundings
  readonly #walk: Walk<Message>
  readonly #arrival: Arrival

  constructor(surroundings: Surroundings, walk: Walk<Message>, arrival: Arrival) {
    super(weightOf(walk.stanza.element))
    this.#s = surroundings
    this.#walk = walk
    this.#arrival = arrival
  }

  proceed(): Maybe<undefined> {
    note(this.result as Noted, this.#walk)
    if (this.#walk.kept !== 'duplicate') callSafely(this.#s.phases.copy, this.#walk, this.#s.log)
    return this.#arrival.proceed(this.otherResult)
  }

  refused(): void {
    this.#arrival.abandon()
    this.#s.refuse(this.#walk.stanza, notKept, this.#walk.origin)
  }
}

/** A message half way through its recipient's side. */
class Arriving extends Queued implements Arrival {
  readonly #walk: Walk<Message>
  readonly #journey: Journey

  constructor(walk: Walk<Message>, journey: Journey) {
    super()
    this.#walk = walk
    this.#journey = journey
  }

  get durable(): Maybe<unknown> {
    return this.#walk.durable
  }

  proceed(settled: unknown): Maybe<undefined> {
    note(settled as Noted, this.#walk)
    return this.go()
  }

  protected work(): Maybe<undefined> {
    return this.#journey.deliver(this.#walk)
  }

  abandon(): void {
    this.leave()
    this.#journey.takeBack(this.#walk)
  }
}

export class Journey {
  readonly #s: Surroundings
  readonly #arrivals: Arrivals
  readonly #handover: Handover

  constructor(surroundings: Surroundings) {
    this.#s = surroundings
    this.#handover = new Handover(surroundings)
    this.#arrivals = new Arrivals(surroundings.archiveIds)
  }

  /** The sender's side: from a session of ours, to the router. */
  depart(stanza: Stanza, session: Session): Maybe<undefined> {
    const walk = new Walk(stanza, 'out', session.account, session)
    return thenWith(this.#screen(walk), walk, this.#screenedOut)
  }

  readonly #screenedOut = (refusal: Refusal | undefined, walk: Walk<Stanza>): Maybe<undefined> => {
    if (refusal !== undefined) return this.#refused(walk, refusal)
    const { stanza } = walk
    const session = walk.origin!
    switch (stanza.kind) {
      case 'message':
        return this.#departMessage(walk as Walk<Message>, session)
      case 'presence':
        return this.#s.phases.presence?.outbound(stanza, session)
      case 'iq':
        return this.#s.route(stanza, session)
    }
  }

  /**
   * Both sides begin to archive before anybody waits, so that they share a commit; nothing is seen of the message before it
   * is durable on both. A stream whose messages wait keeps their order. docs/decisions/0003
   */
  #departMessage(walk: Walk<Message>, session: Session): Maybe<undefined> {
    this.#keep(walk)
    return thenWith(this.#s.begin(walk.stanza, session), walk, this.#begun)
  }

  readonly #begun = (arrival: Arrival, walk: Walk<Message>): Maybe<undefined> => {
    const crossing = new Crossing(this.#s, walk, arrival)
    return walk.origin!.lane.enter(crossing, walk.durable, arrival.durable)
  }

  /** The recipient's side: from the router, to the sessions of an account of ours. */
  arrive(stanza: Stanza, to: Jid, origin: Session | undefined): Maybe<undefined> {
    if (stanza.kind === 'message') return then(this.begin(stanza, to, origin), goOn)
    return then(this.#exists(to), (exists) => {
      if (!exists) return this.#noSuchUser(stanza, to, origin)
      const walk = new Walk(stanza, 'in', to.bare, origin)
      return then(this.#screen(walk), (refusal) => {
        if (refusal !== undefined) return this.#refused(walk, refusal)
        return stanza.kind === 'presence'
          ? this.#s.phases.presence?.inbound(stanza)
          : this.#deliverIq(stanza, to, origin)
      })
    })
  }

  /** The first half of a message's way on its recipient's side: as far as nobody sees anything of it. */
  begin(message: Message, to: Jid, origin: Session | undefined): Maybe<Arrival> {
    const exists = this.#exists(to)
    if (exists instanceof Promise || !exists) return this.#beginLater(exists, message, to, origin)
    return this.#beginThere(new Walk(message, 'in', to.bare, origin))
  }

  /** Whether there is such an account is not known yet, or there is none. */
  #beginLater(exists: Maybe<boolean>, message: Message, to: Jid, origin: Session | undefined): Maybe<Arrival> {
    return then(exists, (there): Maybe<Arrival> => {
      if (!there) return arrivalOf(() => this.#noSuchUser(message, to, origin))
      return this.#beginThere(new Walk(message, 'in', to.bare, origin))
    })
  }

  #beginThere(walk: Walk<Message>): Maybe<Arrival> {
    return thenWith(this.#screen(walk), walk, this.#screenedIn)
  }

  readonly #screenedIn = (refusal: Refusal | undefined, walk: Walk<Message>): Arrival => {
    if (refusal !== undefined) return this.#turnedAway(walk, refusal)
    const through = this.#s.archiveIds.last
    this.#keep(walk)
    const arriving = new Arriving(walk, this)
    const { local } = walk.account
    if (walk.durable instanceof Promise || this.#arrivals.isBusy(local)) this.#arrivals.enter(local, arriving, through)
    return arriving
  }

  /** The second half. */
  deliver(walk: Walk<Message>): Maybe<undefined> {
    return this.#handover.deliver(walk)
  }

  /** A message that a session could not give to its client: to the other resources, or kept. [XEP-0198 4] */
  undelivered(message: Message, account: Jid, came: Came): Maybe<'failed' | undefined> {
    return this.#handover.undelivered(message, account, came)
  }

  /** Its sender is told that it was not taken: it must not be delivered all the same. */
  takeBack(walk: Walk<Message>): void {
    const { log, spool } = this.#s
    const account = walk.account.local
    const remove = (how: unknown): Promise<void> | undefined =>
      how === 'spooled' || walk.kept === 'spooled' ? spool.remove(account, [walk.id]) : undefined
    Promise.resolve(walk.durable)
      .then(remove, () => undefined)
      .catch((error) => log.error({ account, error }, 'a message that was refused could not be removed'))
  }

  /** Up to which id of the archive the sessions of the account have been given what they are to get. */
  through(local: string): number {
    return this.#arrivals.through(local)
  }

  /** An error that goes straight to a session of ours: the other clients may get a copy. [XEP-0280 6.1] */
  refused(error: Message, session: Session): void {
    const walk = new Walk(error, 'in', session.account, undefined)
    walk.reached = [session]
    callSafely(this.#s.phases.copy, walk, this.#s.log)
  }

  #exists(to: Jid): Maybe<boolean> {
    return this.#s.registry.of(to.local).length > 0 || this.#s.accounts.exists(to.local)
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

  /** Stamps a message and begins to archive it. */
  #keep(walk: Walk<Message>): void {
    const { stamp, archive } = this.#s.phases
    for (let i = 0; i < stamp.length; i++) walk.stanza = stamp[i]!.call(walk) ?? walk.stanza
    for (let i = 0; i < archive.length; i++) {
      const kept = archive[i]!.call(walk)
      if (!(kept instanceof Promise)) note(kept, walk)
      else walk.durable = walk.durable instanceof Promise ? bothNoted(walk.durable, kept, walk) : kept
    }
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

  #turnedAway(walk: Walk<Message>, refusal: Refusal): Arrival {
    return arrivalOf(() => this.#refused(walk, refusal))
  }

  #refused(walk: Walk<Stanza>, refusal: Refusal): Maybe<undefined> {
    return refusal === 'silence' ? undefined : this.#s.refuse(walk.stanza, refusal, walk.origin)
  }
}

function goOn(arrival: Arrival): Maybe<undefined> {
  const { durable } = arrival
  if (!(durable instanceof Promise)) return arrival.proceed(undefined)
  return durable.then(
    (settled) => arrival.proceed(settled),
    (error) => {
      arrival.abandon()
      throw error
    },
  )
}
