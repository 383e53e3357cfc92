/**
 * What an earlier process of the host left: sessions that clients may come back to, messages that others of an account get instead, and
 * the counts of those that are over. XEP-0198 1.6.3 section 5, docs/decisions/0020
 */
import type { StoredSession } from '@rookery/storage'
import type { Session } from '../session.ts'
import { heldFrom, type Sent } from './line.ts'
import type { Management } from './management.ts'
import type { ResumptionParts } from './resumptions.ts'
import { readSession, type SavedSession } from './saved-session.ts'
import { SharedDeliveries } from './shared-deliveries.ts'
import type { Tombstones } from './tombstones.ts'

type Shared = 'store' | 'config' | 'clock' | 'log' | 'spool' | 'archiveIds' | 'lost' | 'revive' | 'handBack'

export interface InheritanceParts extends Pick<ResumptionParts, Shared> {
  readonly tombstones: Tombstones
  /** Stream management of a session as it was stored, which can be resumed for some seconds. */
  manage(session: Session, stored: StoredSession, seconds: number, reached: number): Management
  /** Its client may come back for so many milliseconds. */
  isWaiting(session: Session, id: string, ms: number): void
}

/** A session that cannot be resumed, and what its client may have missed. */
interface Over {
  readonly stored: StoredSession
  readonly sent: readonly Sent[]
}

/** Nothing is left of the queue: what was in it has found another place. */
export const everything: number = 2 ** 52

/** Sessions can be resumed for so long at least, in milliseconds: their clients may not know yet that we are back. */
const grace = 60_000

/** How long the start waits for what is left to find a place, in milliseconds. */
const patience = 2000

const pageSize = 1000
const accountsAtOnce = 100

export class Inheritance {
  readonly #parts: InheritanceParts
  readonly #placing: (placing: Promise<void>) => void

  /** `placing`: is told of what may go on when the start is over. */
  constructor(parts: InheritanceParts, placing: (placing: Promise<void>) => void) {
    this.#parts = parts
    this.#placing = placing
  }

  /** First those who may come back, so that others hand to them what they have not. */
  async take(): Promise<void> {
    const { store, clock, tombstones } = this.#parts
    const shared = new SharedDeliveries()
    const over: Over[] = []
    for (let after: string | undefined; ; ) {
      const page = await store.list({ after, limit: pageSize })
      const left = await Promise.all(page.map((stored) => this.#takeUp(stored, shared)))
      over.push(...left.filter((one) => one !== undefined))
      after = page.at(-1)?.id
      if (page.length < pageSize) break
    }
    // in the order of their ends, so that of many the latest are remembered
    over.sort((a, b) => endOf(a) - endOf(b))
    const placed = this.#place(over)
    this.#placing(placed)
    // a disk that is full does not keep the server from its other users
    const late = Promise.withResolvers<undefined>()
    const timer = clock.after(patience, () => late.resolve(undefined))
    await Promise.race([placed, late.promise]).finally(() => timer[Symbol.dispose]())
    for (const { stored } of over) tombstones.add(stored.id, stored.local)
  }

  /** Undefined when the session can be resumed, or is forgotten; otherwise what is left of it. */
  async #takeUp(stored: StoredSession, shared: SharedDeliveries): Promise<Over | undefined> {
    const { store, clock, archiveIds, spool, config } = this.#parts
    const saved = stored.state === '' ? undefined : readSession(stored.state)
    const now = clock.now()
    if (saved === undefined && stored.until > 0 && stored.until < now) {
      await store.remove(stored.id)
      return undefined
    }
    const queue = await store.queue(stored.id, stored.acknowledged, Number.MAX_SAFE_INTEGER)
    const sent = shared.of(stored.local, queue)
    for (const { delivery } of sent) archiveIds.raise(delivery?.id ?? 0)
    for (const { delivery } of sent) if (delivery?.place === 'either') spool.give(stored.local, delivery.id)
    const session = saved === undefined || !isWhole(stored, sent) ? undefined : await this.#revive(stored, saved, sent)
    if (session === undefined) return { stored, sent }
    // the clock may have been set meanwhile [S138]
    const most = config.management.resumeSeconds * 1000
    this.#parts.isWaiting(session, stored.id, Math.max(grace, Math.min(stored.until - now, most)))
    return undefined
  }

  async #revive(stored: StoredSession, saved: SavedSession, sent: readonly Sent[]): Promise<Session | undefined> {
    const { store, clock, manage, revive } = this.#parts
    const reached = await store.reached(stored.local)
    const seconds = Math.max(1, Math.round((stored.until - clock.now()) / 1000))
    return revive(stored, saved, (session) => {
      const management = manage(session, stored, seconds, reached)
      const held = sent.flatMap(({ seq, wire, delivery }) =>
        seq < heldFrom || delivery === undefined ? [] : { wire, delivery, isStored: true },
      )
      session.restoreHeld(held)
      const given = sent.filter(({ seq }) => seq < heldFrom)
      management.restore(given, held, Math.max(saved.through, reached))
      return management
    })
  }

  /** What clients of sessions that are over may have missed. */
  async #place(over: readonly Over[]): Promise<void> {
    const unplaced = over.filter(({ stored }) => stored.acknowledged < everything)
    await this.#deliverAnew(unplaced)
    await Promise.all(unplaced.map((one) => this.#bury(one)))
  }

  /** Of several clients that were connected, one may have what another has not: which, is not known so exactly. They find it in the archive. */
  async #deliverAnew(over: readonly Over[]): Promise<void> {
    const { store, lost } = this.#parts
    const sessions = new Map<string, number>()
    for (const { stored } of over) sessions.set(stored.local, (sessions.get(stored.local) ?? 0) + 1)
    const accounts = [...sessions].filter(([, count]) => count === 1).map(([local]) => local)
    for (let i = 0; i < accounts.length; i += accountsAtOnce) {
      const some = accounts.slice(i, i + accountsAtOnce)
      await Promise.all(some.map(async (local) => lost(local, await store.reached(local))))
    }
  }

  /** Its client was connected when the process ended, or it had just ended. [XEP-0198 5] */
  async #bury({ stored, sent }: Over): Promise<void> {
    const { store, tombstones, handBack, log } = this.#parts
    for (const { delivery } of sent) delivery?.hold()
    if (!(await handBack(stored.local, sent, stored.until === 0))) return // the next process tries again
    const until = stored.until === 0 ? tombstones.until() : stored.until
    try {
      await store.put({ ...stored, acknowledged: everything, state: '', until })
    } catch (error) {
      log.error(
        { account: stored.local, error },
        'that a session is over could not be stored; the next start tries again',
      )
    }
  }
}

/** Those that were still going on when the process ended, last. */
function endOf({ stored }: Over): number {
  return stored.until === 0 ? Number.MAX_SAFE_INTEGER : stored.until
}

/** Nothing is missing between what the client has acknowledged and the last stanza: else counts would mean others than the client's. */
function isWhole({ acknowledged }: StoredSession, sent: readonly Sent[]): boolean {
  return sent.every(({ seq }, i) => seq >= heldFrom || seq === acknowledged + 1 + i)
}
