/**
 * Gives an account what was kept for it: one session at a time, oldest first, at the pace of the client. What is not
 * known to have left stays in storage. Which messages are kept is not decided here.
 */

import type { Maybe } from '@rookery/protocol'
import { type OfflineEntry, RecentMap } from '@rookery/storage'
import { Delivery } from '../../delivery.ts'
import type { ClockPower } from '../../powers.ts'
import type { Session, SessionLink } from '../../session.ts'
import type { Spool } from '../../spool.ts'

export interface FlushParts {
  readonly spool: Spool
  readonly clock: Pick<ClockPower, 'after'>
  readonly sessions: (local: string) => readonly Session[]
  /** What goes to the client; undefined for an entry that it need not get. `isLive`: it came while the client was there already. */
  readonly wireOf: (session: Session, entry: OfflineEntry, isLive: boolean) => Maybe<string | undefined>
  /** The last id that was given to a message. */
  readonly lastId: () => number
  readonly failed: (local: string, error: unknown) => void
}

interface Flush {
  readonly session: Session
  /** Waits until this one is over. */
  next: Session | undefined
  /** Something was stored, or came back from a session, since the last look. */
  again: boolean
}

/** Entries read, and bytes written, before the client has to take what it got. */
const pageEntries = 32
const pageBytes = 65_536

/** Milliseconds until storage that failed is tried again. */
const pause = 1000

export class Flushes {
  readonly #parts: FlushParts
  readonly #running = new Map<string, Flush>()
  /** Accounts whose queue was found empty, with nothing stored since: most logins need not look. */
  readonly #empty = new RecentMap<string, true>(20_000)
  /** Of those that try again later. */
  readonly #timers = new Map<string, Disposable>()

  constructor(parts: FlushParts) {
    this.#parts = parts
  }

  get isIdle(): boolean {
    return this.#running.size === 0
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer[Symbol.dispose]()
    this.#timers.clear()
  }

  /** A message is being stored: a flush under way must look again. */
  note(local: string): void {
    this.#empty.delete(local)
    const flush = this.#running.get(local)
    if (flush !== undefined) flush.again = true
  }

  /** A session let go of something that its client does not have. */
  freed(local: string): void {
    this.note(local)
    this.begin(local)
  }

  /** Something may be there: flushes to the first session that takes messages, if there is one; a flush under way will look again instead. */
  begin(local: string, except?: Session): void {
    const flush = this.#running.get(local)
    if (flush === undefined && this.#empty.get(local) === true) return this.#releaseAll(local)
    const session = this.#parts.sessions(local).find((one) => one !== except && takesMessages(one))
    if (flush === undefined) {
      if (session !== undefined) this.#start(local, session)
      return
    }
    this.note(local)
    // the one that has been served so far is gone, which takes a moment: what is new must not reach the next one before what is old
    if (session === undefined || takesMessages(flush.session) || flush.next !== undefined) return
    flush.next = session
    session.hold()
  }

  /** A session of an earlier process: what it had not been given comes before what is new. */
  async revived(local: string, session: Session): Promise<void> {
    if (await this.#parts.spool.hasFree(local)) session.hold()
  }

  /** Messages begin to come to a session: what is older goes first. `begin` follows, or it waits until its client is back. */
  expected(local: string, session: Session): void {
    if (this.#empty.get(local) !== true && session.priority >= 0) session.hold()
  }

  /** The client of a session came back. */
  resumed(local: string, session: Session): void {
    this.begin(local)
    if (!takesMessages(session)) session.release() // nothing older comes to it
  }

  /** Nothing older is left for them. */
  #releaseAll(local: string): void {
    for (const session of this.#parts.sessions(local)) if (session.isHolding && !session.isDetached) session.release()
  }

  #start(local: string, session: Session): void {
    const flush: Flush = { session, next: undefined, again: false }
    this.#running.set(local, flush)
    session.hold()
    this.#run(local, session, flush).then(
      (isDone) => {
        this.#running.delete(local)
        const { next } = flush
        if (next !== undefined && takesMessages(next)) return this.#start(local, next)
        if (!isDone)
          this.begin(local, session) // the next one gets the rest
        else if (flush.again) this.begin(local)
        else this.#releaseAll(local)
      },
      (error) => {
        this.#parts.failed(local, error)
        this.#later(local, flush)
      },
    )
  }

  /** What is new still waits for what is old. */
  #later(local: string, flush: Flush): void {
    const timer = this.#parts.clock.after(pause, () => {
      this.#timers.delete(local)
      this.#running.delete(local)
      const session = [flush.session, flush.next].find((one) => one !== undefined && takesMessages(one))
      if (session !== undefined) this.#start(local, session)
      else this.begin(local)
    })
    this.#timers.set(local, timer)
  }

  /** True when nothing was left; false when the session stopped taking messages. */
  async #run(local: string, session: Session, flush: Flush): Promise<boolean> {
    const { spool } = this.#parts
    const since = this.#parts.lastId()
    for (let after = 0; ; ) {
      if (after === 0) flush.again = false
      const entries = await spool.read(local, after, pageEntries)
      if (session.isEnded) return false
      if (session.isDetached) return false // it waits on, behind what is left, until its client comes back
      if (!takesMessages(session)) {
        session.release()
        return false
      }
      // those behind one that is on its way wait for it
      const until = entries.findIndex(({ id }) => spool.isComing(local, id))
      const page = until < 0 ? entries : entries.slice(0, until)
      const last = page.at(-1)
      if (last === undefined) {
        if (!flush.again) return this.#done(local, session)
        after = 0
        continue
      }
      for (const batch of batches(page.filter(({ id }) => !spool.isGiven(local, id))))
        if (!(await this.#give(local, session, batch, since))) return false
      after = last.id
    }
  }

  #done(local: string, session: Session): true {
    this.#empty.set(local, true)
    session.release()
    return true
  }

  /** False when the client could not take all of it. */
  async #give(local: string, session: Session, batch: readonly OfflineEntry[], since: number): Promise<boolean> {
    const { spool, wireOf, failed } = this.#parts
    const isManaged = session.management !== undefined
    const ids: number[] = []
    const given: number[] = []
    for (const entry of batch) {
      const wire = await wireOf(session, entry, entry.id > since)
      if (spool.isGiven(local, entry.id)) continue
      if (session.isEnded) break
      const delivery = new Delivery(undefined, entry.at, 'spool', entry.id)
      spool.give(local, entry.id)
      if (wire === undefined) ids.push(entry.id)
      else if (isManaged) session.sendOlder(delivery, wire)
      else {
        session.sendWire(wire)
        given.push(entry.id)
      }
    }
    // a client that says what it got has them removed by that
    const isTaken = await sent(session.link)
    if (!isTaken) for (const id of given) spool.release(local, id)
    else ids.push(...given)
    if (ids.length > 0) await spool.remove(local, ids).catch((error) => failed(local, error)) // they stay given
    return isTaken
  }
}

/** [RFC6121 4.7.2.3, 8.5.2.1.1] */
export function takesMessages(session: Session): boolean {
  return session.isAvailable && session.priority >= 0 && !session.isEnded && !session.isDetached
}

function* batches(entries: readonly OfflineEntry[]): Generator<readonly OfflineEntry[]> {
  let batch: OfflineEntry[] = []
  let bytes = 0
  for (const entry of entries) {
    batch.push(entry)
    bytes += entry.stanza.length
    if (bytes < pageBytes) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

function sent(link: SessionLink): Promise<boolean> {
  return new Promise((resolve) => link.flushed(resolve))
}
