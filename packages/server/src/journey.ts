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
import { type Came, Delivery } from './delivery.ts'
import type { IqTable } from './iq.ts'
import { Turn, weightOf } from './lane.ts'
import { callSafely, type Phases } from './phases.ts'
import type { Log } from './powers.ts'
import type { Registry } from './registry.ts'
import { type Arrival, arrivalOf } from './router.ts'
import type { PresenceService } from './services/presence.ts'
import type { Session } from './session.ts'
import { type TripSlot, tripMemory } from './slot.ts'
import type { Spool } from './spool.ts'
import type { Duplicate, Kept, Refusal, Trip } from './trip.ts'

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
const nobody: readonly Session[] = []
const rounds = [false, true] as const

/** A trip as the corridor sees it. */
class Walk<S extends Stanza> implements Trip<S> {
  stanza: S
  readonly side: 'out' | 'in'
  readonly account: Jid
  readonly origin: Session | undefined
  readonly at: number | undefined
  id = 0
  kept: Kept | undefined
  reached: readonly Session[] = nobody
  delivery: Delivery | undefined
  /** A promise until this side has made durable what it keeps; `note` is to be told what it resolves with. */
  durable: Maybe<Kept | Duplicate | undefined>
  /** By the index of the slot; a map weakly held would cost the garbage collector dearly. */
  #memory: unknown[] | undefined

  constructor(stanza: S, side: 'out' | 'in', account: Jid, origin: Session | undefined, at?: number) {
    this.stanza = stanza
    this.side = side
    this.account = account
    this.origin = origin
    this.at = at
  }

  recall<T>(slot: TripSlot<T>): T | undefined {
    return this.#memory?.[slot.index] as T | undefined
  }

  remember<T>(slot: TripSlot<T>, value: T | undefined): void {
    this.#memory ??= tripMemory()
    this.#memory[slot.index] = value
  }
}

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

  constructor(surroundings: Surroundings) {
    this.#s = surroundings
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

  /** The second half. */
  deliver(walk: Walk<Message>): Maybe<undefined> {
    const to = walk.stanza.to!
    if (walk.kept === 'duplicate') return this.#giveAgain(walk, to)
    if (walk.kept === 'full') return this.#s.refuse(walk.stanza, nobodyHome, walk.origin) // [XEP-0160 2, S97]
    const fate = fateOf(walk.stanza, to, this.#s.registry.of(to.local))
    const sessions = typeof fate === 'string' ? nobody : fate
    walk.reached = sessions
    if (sessions.length > 0) walk.delivery = this.#offer(walk)
    callSafely(this.#s.phases.copy, walk, this.#s.log)
    switch (fate) {
      case 'ignore':
        return undefined
      case 'refuse': // unless its recipient finds it in the archive: the resource has left a moment ago
        if (walk.kept === 'kept') return undefined
        return walk.kept === undefined
          ? this.#s.refuse(walk.stanza, nobodyHome, walk.origin)
          : this.#settle(walk, this.fallback(walk))
      case 'store':
        return this.#settle(walk, this.fallback(walk))
    }
    const stored = this.#give(walk, sessions)
    if (this.#s.phases.notify.length > 0) callSafely(this.#s.phases.notify, walk, this.#s.log)
    return this.#settle(walk, stored)
  }

  /**
   * An earlier try of its sender has come this far. When the process died in that moment, sessions whose clients were away may have missed it:
   * such a client takes its session up, and does not look into the archive.
   */
  #giveAgain(walk: Walk<Message>, to: Jid): Maybe<undefined> {
    const { id } = walk
    const fate = fateOf(walk.stanza, to, this.#s.registry.of(to.local))
    if (id === 0 || typeof fate === 'string') return undefined
    const sessions = fate.filter((session) => session.management?.mayLack(id) === true)
    if (sessions.length === 0) return undefined
    walk.kept = 'kept'
    return this.#settle(walk, this.#give(walk, sessions))
  }

  /** A session may end over it, or over a copy of it, before the others have it. */
  #offer(walk: Walk<Message>): Delivery {
    const place = walk.kept === 'kept' ? 'archive' : walk.kept === 'spooled' ? 'spool' : 'nowhere'
    const delivery = new Delivery(walk.stanza, walk.at ?? this.#s.now(), place, place === 'nowhere' ? 0 : walk.id)
    delivery.offer()
    return delivery
  }

  /** A promise while it is stored for a session whose client may miss it. */
  #give(walk: Walk<Message>, sessions: readonly Session[]): Maybe<undefined> {
    const wire = walk.stanza.wire()
    const delivery = walk.delivery ?? this.#offer(walk)
    let stored: Maybe<unknown>
    // those where it has to wait come last: it need not be stored for them when somebody has it
    for (const isHolding of rounds) {
      for (let i = 0; i < sessions.length; i++) {
        if (sessions[i]!.isHolding !== isHolding) continue
        const storing = sessions[i]!.sendMessage(delivery, wire)
        if (storing instanceof Promise) stored = both(stored, storing)
      }
    }
    if (delivery.offered()) this.#notTaken(walk, delivery, sessions)
    if (!(stored instanceof Promise)) return undefined
    return stored.then(
      () => undefined,
      (error) => this.#failed(walk, error),
    )
  }

  /** They have older ones to give first, or ended over it. */
  #notTaken(walk: Walk<Message>, delivery: Delivery, sessions: readonly Session[]): void {
    if (delivery.place === 'spool') this.#s.spool.release(walk.account.local, delivery.id)
    else if (sessions.some((session) => session.isEnded)) this.#settle(walk, this.#undelivered(walk, delivery))
  }

  #undelivered(walk: Walk<Message>, delivery: Delivery): Maybe<undefined> {
    return then(this.undelivered(walk.stanza, walk.account, delivery), () => undefined)
  }

  /** What is being stored holds nobody up: the messages behind it join the same commit. */
  #settle(walk: Walk<Message>, kept: Maybe<undefined>): Maybe<undefined> {
    const lane = walk.origin?.lane
    if (lane === undefined || !(kept instanceof Promise)) return kept
    return lane.settle(weightOf(walk.stanza.element), kept)
  }

  /**
   * A message that a session could not give to its client: to the other resources, or kept. [XEP-0198 4]
   */
  undelivered(message: Message, account: Jid, { at, isKept, id }: Came): Maybe<'failed' | undefined> {
    const walk = new Walk(message, 'in', account, undefined, at)
    if (isKept) walk.kept = 'kept'
    if (id > 0) {
      walk.id = id
      return this.#keepAgain(walk) // among the others that wait it has its place by its id
    }
    const fate = fateOf(message, account, this.#s.registry.of(account.local))
    if (typeof fate !== 'string') {
      walk.reached = fate
      return this.#give(walk, fate)
    }
    return fate === 'store' ? this.#keepAgain(walk) : undefined
  }

  /** `failed`: the storage does not work, which does not concern the sender yet. */
  #keepAgain(walk: Walk<Message>): Maybe<'failed' | undefined> {
    const settle = (kept: boolean | StanzaError | undefined): Maybe<'failed' | undefined> =>
      kept instanceof StanzaError && kept.type === 'wait' && walk.kept !== 'kept' ? 'failed' : this.#kept(walk, kept)
    const failed = (error: unknown): 'failed' => {
      this.#s.log.error({ account: walk.account.toString(), error }, 'a message could not be kept')
      return 'failed'
    }
    try {
      const kept = firstOf(this.#s.phases.fallback, 0, walk)
      return kept instanceof Promise ? kept.then(settle, failed) : settle(kept)
    } catch (error) {
      return failed(error)
    }
  }

  /** Nobody was home: kept, durably, or the sender is told. Neither throws nor rejects. */
  fallback(walk: Walk<Message>): Maybe<undefined> {
    const failed = (error: unknown): Maybe<undefined> => this.#failed(walk, error)
    try {
      const kept = this.#ask(walk)
      return kept instanceof Promise ? kept.catch(failed) : kept
    } catch (error) {
      return failed(error)
    }
  }

  #failed(walk: Walk<Message>, error: unknown): Maybe<undefined> {
    this.#s.log.error({ account: walk.account.toString(), error }, 'a message could not be kept')
    if (walk.kept === 'kept') return undefined // in the archive it is
    return this.#s.refuse(walk.stanza, notKept, walk.origin)
  }

  #ask(walk: Walk<Message>): Maybe<undefined> {
    return then(firstOf(this.#s.phases.fallback, 0, walk), (kept) => this.#kept(walk, kept))
  }

  #kept(walk: Walk<Message>, kept: boolean | StanzaError | undefined): Maybe<undefined> {
    if (kept === true || walk.kept === 'kept') {
      callSafely(this.#s.phases.notify, walk, this.#s.log)
      return undefined // its recipient finds it in the archive, if nowhere else
    }
    return this.#s.refuse(walk.stanza, kept === undefined || kept === false ? nobodyHome : kept, walk.origin)
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

/** Both, if there is anything to wait for. */
function both(one: Maybe<unknown>, other: Maybe<unknown>): Maybe<unknown> {
  if (!(one instanceof Promise)) return other
  return other instanceof Promise ? Promise.all([one, other]) : one
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

type Noted = Kept | Duplicate | undefined

/** Two features keep something of one side. */
function bothNoted(one: Promise<Noted>, other: Promise<Noted>, walk: Walk<Message>): Promise<undefined> {
  return Promise.all([one, other]).then((all) => {
    for (const kept of all) note(kept, walk)
    return undefined
  })
}

function note(kept: Noted, walk: Walk<Message>): void {
  if (typeof kept === 'object') {
    walk.stanza = kept.earlier
    walk.id = kept.id
  }
  if (walk.kept !== 'duplicate') walk.kept = typeof kept === 'object' ? 'duplicate' : (kept ?? walk.kept)
}

interface Asked<A, R> {
  call: (argument: A) => Maybe<R | undefined>
}

/** The first answer that is not undefined (nor false), asking one after the other. */
function firstOf<A, R>(list: readonly Asked<A, R>[], from: number, argument: A): Maybe<R | undefined> {
  for (let i = from; i < list.length; i++) {
    const answer = list[i]!.call(argument)
    if (answer instanceof Promise) return firstOfLate(answer, list, i + 1, argument)
    if (answer !== undefined && answer !== false) return answer
  }
  return undefined
}

function firstOfLate<A, R>(
  answer: Promise<R | undefined>,
  list: readonly Asked<A, R>[],
  from: number,
  argument: A,
): Promise<R | undefined> {
  return answer.then((late) => (late !== undefined && late !== false ? late : firstOf(list, from, argument)))
}
