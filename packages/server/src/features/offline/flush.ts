/**
 * Gives an account what was kept for it: one session at a time, oldest first, at the pace of the client. What is not
 * known to have left stays in storage. Which messages are kept is not decided here.
 */

import type { Maybe } from '@rookery/protocol'
import type { Message } from '@rookery/protocol/stanza'
import { type OfflineEntry, type OfflineStore, RecentMap } from '@rookery/storage'
import type { Session, SessionLink, StoreHeld } from '../../session.ts'

export interface FlushParts {
  readonly store: OfflineStore
  readonly sessions: (local: string) => readonly Session[]
  /** What goes to the client; undefined for an entry that it need not get. `isLive`: it came while the client was there already. */
  readonly wireOf: (session: Session, entry: OfflineEntry, isLive: boolean) => Maybe<string | undefined>
  readonly now: () => number
  /** A message that came meanwhile: it takes its place behind the others. False: it is not kept. */
  readonly keep: (local: string, message: Message, at: number) => Maybe<boolean>
  readonly failed: (local: string, error: unknown) => void
}

interface Flush {
  readonly session: Session
  /** Waits until this one is over. */
  next: Session | undefined
  /** Something was stored since the last look. */
  again: boolean
  /** Something was stored since it began. */
  isJoined: boolean
}

/** Entries read, and bytes written, before the client has to take what it got. */
const pageEntries = 32
const pageBytes = 65_536

export class Flushes {
  readonly #parts: FlushParts
  readonly #running = new Map<string, Flush>()
  /** Accounts whose queue was found empty, with nothing stored since: most logins need not look. */
  readonly #empty = new RecentMap<string, true>(20_000)

  /** By account: what was taken, and could not be removed because the storage failed. */
  readonly #through = new Map<string, number>()

  constructor(parts: FlushParts) {
    this.#parts = parts
  }

  get isIdle(): boolean {
    return this.#running.size === 0
  }

  isRunning(local: string): boolean {
    return this.#running.has(local)
  }

  /** A message is being stored: a flush under way must look again. */
  note(local: string): void {
    this.#empty.delete(local)
    const flush = this.#running.get(local)
    if (flush === undefined) return
    flush.again = true
    flush.isJoined = true
  }

  /** Flushes to the first session that takes messages, if there is one; a flush under way will look again instead. */
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
    this.#hold(local, session)
  }

  /** A session of an earlier process: what it had not been given comes before what is new. */
  async revived(local: string, session: Session): Promise<void> {
    if ((await this.#parts.store.size(local)).count > 0) this.#hold(local, session)
  }

  /** The connection of a session is gone: what waits in it is stored behind the rest, and so is what comes from now on. */
  detached(local: string, session: Session): void {
    if (session.isHolding) session.detachHeld(this.#storeOf(local))
  }

  /** Nothing older is left for them. */
  #releaseAll(local: string): void {
    for (const session of this.#parts.sessions(local)) if (session.isHolding && !session.isDetached) session.release()
  }

  #hold(local: string, session: Session): void {
    session.hold(this.#storeOf(local))
  }

  #storeOf(local: string): StoreHeld {
    return (message, at) => message !== undefined && this.#parts.keep(local, message, at)
  }

  #start(local: string, session: Session): void {
    const flush: Flush = { session, next: undefined, again: false, isJoined: false }
    this.#running.set(local, flush)
    this.#hold(local, session)
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
        this.#running.delete(local)
        this.#releaseAll(local)
        this.#parts.failed(local, error)
      },
    )
  }

  /** What a client has is not sent again, though it could not be removed. */
  async #resume(local: string): Promise<number> {
    const through = this.#through.get(local)
    if (through === undefined) return 0
    await this.#parts.store.removeThrough(local, through)
    this.#through.delete(local)
    return through
  }

  /** True when nothing was left; false when the session stopped taking messages. */
  async #run(local: string, session: Session, flush: Flush): Promise<boolean> {
    const since = this.#parts.now()
    let after = await this.#resume(local)
    for (;;) {
      flush.again = false
      const entries = await this.#parts.store.read(local, after, pageEntries)
      if (entries.length === 0 && !flush.again) this.#empty.set(local, true)
      if (session.isEnded) return false
      if (session.isDetached) return false // it waits on, behind what is left, until its client comes back
      if (!takesMessages(session) || (entries.length === 0 && !flush.again)) {
        session.release()
        return takesMessages(session)
      }
      for (const batch of batches(entries)) {
        for (const entry of batch) {
          const wire = await this.#parts.wireOf(session, entry, flush.isJoined && entry.at >= since)
          if (wire !== undefined) session.sendWire(wire)
        }
        if (!(await sent(session.link))) return false
        after = batch.at(-1)!.seq
        this.#through.set(local, after)
        await this.#parts.store.removeThrough(local, after)
        this.#through.delete(local)
      }
    }
  }
}

/** [RFC6121 4.7.2.3, 8.5.2.1.1] */
function takesMessages(session: Session): boolean {
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
