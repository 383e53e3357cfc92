/**
 * The sessions of one host that can be resumed (XEP-0198 1.6.3 section 5): who may, until when, and what is known of
 * those that cannot any more. In memory, and in storage for the next process. What is sent to a session is in management.ts.
 */
import { type Maybe, then } from '@rookery/protocol'
import { CodecError } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import { onWire, StreamError } from '@rookery/protocol/stream'
import * as codec from '@rookery/protocol/xeps/management'
import type { Element } from '@rookery/protocol/xml'
import type { ResumptionStore, StoredSession } from '@rookery/storage'
import type { ArchiveIds } from '../archive-ids.ts'
import type { ServerConfig } from '../config/schema.ts'
import type { ClockPower, Log, RandomPower } from '../powers.ts'
import type { Session } from '../session.ts'
import type { Spool } from '../spool.ts'
import { everything, Inheritance } from './inheritance.ts'
import { Keeper } from './keeper.ts'
import type { Line, Sent } from './line.ts'
import { Management } from './management.ts'
import { type SavedSession, writeSession } from './saved-session.ts'
import { Tombstones } from './tombstones.ts'

export interface ResumptionParts {
  readonly host: Jid
  readonly store: ResumptionStore
  readonly config: ServerConfig
  readonly clock: ClockPower
  readonly random: RandomPower
  readonly log: Log
  readonly spool: Spool
  readonly archiveIds: ArchiveIds
  sessions(local: string): readonly Session[]
  /** Up to which id the sessions of the account have been given what they are to get. */
  through(local: string): number
  /** The process ended while clients of the account were connected: what is in its archive behind this id may have come to none of them. */
  lost(local: string, reached: number): Promise<void>
  /** Takes up a session of an earlier process; undefined when its account is not there any more. */
  revive(
    stored: StoredSession,
    saved: SavedSession,
    manage: (session: Session) => Management,
  ): Promise<Session | undefined>
  /** Nobody comes back to it. */
  end(session: Session): void
  detached(session: Session): void
  resumed(session: Session): void
  /** Finds another place for what clients did not get; false: not for all of it. `wasLive`: the client was connected when the process ended. */
  handBack(local: string, sent: readonly Sent[], wasLive: boolean): Promise<boolean>
}

/** The session and `<resumed/>`, or `<failed/>`, or why the stream ends. */
export type Resumed = { readonly session: Session; readonly answer: Element } | Element | StreamError

/** Beside one largest stanza: offline messages come so many bytes at a time, and none must be too large for ever. */
const room = 131_072

export class Resumptions {
  readonly #parts: ResumptionParts
  readonly #sessions = new Map<string, Session>()
  /** Sessions whose clients are away: until when, and since when in the order of their going. */
  readonly #waiting = new Map<Session, { readonly timer: Disposable; readonly order: number }>()
  #order = 0
  readonly #storing = new Set<Promise<void>>()
  readonly #tombstones: Tombstones

  constructor(parts: ResumptionParts) {
    this.#parts = parts
    this.#tombstones = new Tombstones(parts.store, parts.clock, parts.log)
  }

  /** Goes on with what an earlier process left. */
  async start(): Promise<void> {
    await new Inheritance(
      {
        ...this.#parts,
        tombstones: this.#tombstones,
        manage: (session, stored, seconds, reached) =>
          this.#manage(session, undefined, this.#keeper(session, stored.id, seconds, reached), stored),
        isWaiting: (session, id, ms) => {
          this.#sessions.set(id, session)
          this.#wait(session, ms)
        },
      },
      (placing) => this.#storing.add(placing),
    ).take()
    this.#tombstones.start()
  }

  /** Resolves when everything is stored. */
  async stop(): Promise<void> {
    for (const { timer } of this.#waiting.values()) timer[Symbol.dispose]()
    this.#waiting.clear()
    this.#tombstones.stop()
    await Promise.all(this.#storing)
  }

  // ---- turning it on ----

  /**
   * Turns it on when the result is called, which answers `<enabled/>` or `<failed/>`. The session is stored before: whoever has the answer can
   * ask for it after a crash. Guests come from nowhere and do not come back.
   */
  enable(session: Session, line: Line, request: Element, isGuest: boolean): Maybe<() => Element> {
    if (session.management !== undefined) return () => codec.failed('unexpected-request') // [XEP-0198 3, S76]
    const asked = codec.enable.parse(request)
    if (asked === undefined || asked instanceof CodecError) return () => codec.failed('bad-request')
    const { resumeSeconds } = this.#parts.config.management
    const canResume = asked.resume === true && !isGuest && resumeSeconds > 0
    if (!canResume)
      return () => {
        session.manage(this.#manage(session, line, undefined))
        return codec.enabled.build({})
      }
    const seconds = Math.min(asked.max ?? resumeSeconds, resumeSeconds)
    const keeper = this.#keeper(session, this.#parts.random.id(), seconds, this.#reached(session.jid.local))
    const turnOn = (): Element => {
      const { id, seconds } = keeper
      if (session.isEnded) {
        keeper.remove()
        return codec.failed('unexpected-request')
      }
      session.manage(this.#manage(session, line, keeper))
      this.#sessions.set(id, session)
      return codec.enabled.build({ id, resume: true, max: seconds })
    }
    return keeper.put({ handled: 0, acknowledged: 0, until: 0, state: '' }).then(
      () => turnOn,
      (error) => {
        keeper.failed(error) // it is stored as soon as that works again
        return turnOn
      },
    )
  }

  #keeper(session: Session, id: string, seconds: number, reached: number): Keeper {
    const { store, spool, log } = this.#parts
    const { local, resource } = session.jid
    return new Keeper(store, spool, log, { id, seconds, reached, local, resource })
  }

  #manage(
    session: Session,
    line: Line | undefined,
    keeper: Keeper | undefined,
    before?: { handled: number; acknowledged: number },
  ): Management {
    const { config, clock, spool, log } = this.#parts
    const { local } = session.jid
    return new Management(
      {
        host: this.#parts.host,
        lane: session.lane,
        keeper,
        clock,
        limits: () => ({
          stanzas: config.management.stanzas,
          bytes: Math.max(config.management.bytes, config.limits.stanzaBytes + room),
          seconds: config.management.ackSeconds,
        }),
        reached: () => this.#reached(local),
        removed: (ids) => {
          spool
            .remove(local, ids)
            .catch((error) => log.error({ account: local, error }, 'messages that a client has were not removed'))
        },
        end: () => this.#parts.end(session),
      },
      line,
      before,
    )
  }

  /**
   * Up to this id what is in the archive of the account has been taken by its clients, or is stored for them: what a session was given whose
   * client is away, or that has ended, is stored before.
   */
  #reached(local: string): number {
    let reached = this.#parts.through(local)
    for (const session of this.#parts.sessions(local)) {
      const first = session.isDetached ? undefined : session.firstUnreached
      if (first !== undefined) reached = Math.min(reached, first.id - 1)
    }
    return reached
  }

  // ---- the client goes, and comes back ----

  /** The connection of a session is gone. False when the session cannot be resumed: that was not asked for, or too much waits for the client. */
  detach(session: Session): boolean {
    const { management } = session
    const keeper = management?.keeper
    if (management === undefined || keeper === undefined || session.isEnded) return false
    session.holdback?.flush()
    session.setHoldback(undefined)
    management.detach()
    if (management.isOver) return false
    this.#tellOthers(session)
    const { clock } = this.#parts
    const state = writeSession(session, this.#parts.through(session.jid.local))
    const failed = (error: unknown): void => {
      keeper.failed(error)
      if (management.isDetached) this.#parts.end(session)
    }
    const put = (): Maybe<void> =>
      management.isDetached && !session.isEnded
        ? keeper.put({
            handled: management.handled.received,
            acknowledged: management.acknowledged,
            until: clock.now() + keeper.seconds * 1000,
            state,
          })
        : undefined
    // stanzas of the client that are not safe yet do not count as handled after a crash
    const stored = then(session.settled(), put)
    const storing: Promise<void> = Promise.all([stored, management.settle(session.held)])
      .then(() => undefined, failed)
      .finally(() => this.#storing.delete(storing))
    this.#storing.add(storing)
    this.#wait(session, keeper.seconds * 1000)
    this.#makeRoom(session.jid.local)
    this.#parts.detached(session)
    return true
  }

  #wait(session: Session, ms: number): void {
    this.#waiting.get(session)?.timer[Symbol.dispose]()
    const timer = this.#parts.clock.after(ms, () => this.#parts.end(session))
    this.#waiting.set(session, { timer, order: ++this.#order })
  }

  #noWait(session: Session): void {
    this.#waiting.get(session)?.timer[Symbol.dispose]()
    this.#waiting.delete(session)
  }

  /** Sessions of the account that wait for their clients, longest first. */
  #waitingOf(local: string): Session[] {
    const order = (session: Session): number => this.#waiting.get(session)?.order ?? 0
    return this.#parts
      .sessions(local)
      .filter((session) => session.isDetached)
      .sort((a, b) => order(a) - order(b))
  }

  /** So many sessions of one account may wait for their clients; the one that has waited longest ends. [S78] */
  #makeRoom(local: string): void {
    const waiting = this.#waitingOf(local)
    const { waitingSessions } = this.#parts.config.management
    for (const session of waiting.slice(0, Math.max(0, waiting.length - waitingSessions))) this.#parts.end(session)
  }

  /** Ends the session of an account that has waited longest for its client, to make room for another. False: none waits. */
  endOldest(local: string): boolean {
    const [oldest] = this.#waitingOf(local)
    if (oldest === undefined) return false
    this.#parts.end(oldest)
    return true
  }

  /** `local` has logged in on `line`, and asks for a session of before. [XEP-0198 5] */
  resume(local: string, request: Element, line: Line): Maybe<Resumed> {
    const asked = codec.resume.parse(request)
    if (asked === undefined || asked instanceof CodecError) return codec.failed('bad-request') // [XEP-0198 6, S75]
    const session = this.#sessions.get(asked.previd)
    if (session === undefined || session.isEnded || session.jid.local !== local)
      return this.#unknown(local, asked.previd) // [S74]
    const management = session.management!
    const why = management.keepsOut(asked.h)
    if (why !== undefined) return why === 'gone' ? this.#unknown(local, asked.previd) : why
    if (!management.isDetached) {
      management.supersede() // the old connection is dead, and nobody had noticed [XEP-0198 5, S79]
      if (!this.detach(session)) this.#parts.end(session)
    }
    return then(session.settled(), () =>
      session.isEnded || !management.isDetached
        ? codec.failed('item-not-found')
        : this.#attach(session, management, asked, line),
    )
  }

  #attach(session: Session, management: Management, asked: codec.Resume, line: Line): Maybe<Resumed> {
    const taken = management.attach(line, asked.h)
    if (taken instanceof StreamError) return taken
    this.#noWait(session)
    const keeper = management.keeper!
    const { acknowledged } = management
    const { received } = management.handled
    const answer = codec.resumed.build({ previd: asked.previd, h: onWire(received) })
    // what is told is a promise, so it is stored before
    return keeper.put({ handled: received, acknowledged, until: 0, state: '' }, taken).then(
      () => {
        if (!management.isComing(line)) return codec.failed('item-not-found')
        management.attached(session.held)
        this.#parts.resumed(session)
        return { session, answer }
      },
      (error) => {
        keeper.failed(error)
        if (management.isComing(line) && !this.detach(session)) this.#parts.end(session)
        return codec.failed('internal-server-error')
      },
    )
  }

  /** Whose session it was learns how far it had come. [XEP-0198 5] */
  #unknown(local: string, id: string): Promise<Element> {
    const { resumeSeconds } = this.#parts.config.management
    const condition = resumeSeconds > 0 ? 'item-not-found' : 'feature-not-implemented'
    return this.#parts.store.get(id).then(
      (stored) => codec.failed(condition, stored?.local === local ? stored.handled : undefined),
      (error) => {
        this.#parts.log.error({ account: local, error }, 'what is known of a session could not be read')
        return codec.failed('internal-server-error')
      },
    )
  }

  /** A session ends: before its last stanzas are given to others, nobody can come back to it any more, also if the process dies in this moment. */
  ending(session: Session): void {
    const { management } = session
    const keeper = management?.keeper
    if (management === undefined || keeper === undefined) return
    const { acknowledged } = management
    const { received, confirmed } = management.handled
    // stanzas of the client that are not safe yet do not count as handled after a crash
    const handled = session.settled() === undefined ? received : confirmed
    const progress = { handled, acknowledged, until: this.#tombstones.until(), state: '' }
    keeper.put(progress).catch((error) => keeper.failed(error))
  }

  /**
   * A session has ended, and its last stanzas have found another place. `isForgotten`: its client has said goodbye, and will not ask for it.
   */
  async over(session: Session, isForgotten: boolean): Promise<void> {
    this.#noWait(session)
    const { management } = session
    const keeper = management?.keeper
    if (management === undefined || keeper === undefined) return
    this.#sessions.delete(keeper.id)
    this.#tellOthers(session)
    if (isForgotten) return keeper.remove()
    try {
      const until = this.#tombstones.until()
      await keeper.put({ handled: management.handled.received, acknowledged: everything, until, state: '' })
      this.#tombstones.add(keeper.id, keeper.local)
    } catch (error) {
      keeper.failed(error)
    }
  }

  /** What its client has not said to have is stored by now, so that the account has come further. Before it is stored that the session is no connected one. */
  #tellOthers(session: Session): void {
    const { local } = session.jid
    const reached = this.#reached(local)
    for (const other of this.#parts.sessions(local))
      if (other !== session) other.management?.keeper?.reached(reached, true)
  }
}
