/**
 * Messages that are kept until a client of their account has them: for those who are away (XEP-0160), and for those who are there and say what
 * they got (XEP-0198), where no archive has them. They are stored before anybody sees them. Here is known which of them sessions are giving to
 * their clients; what becomes of the others is up to the offline room. docs/decisions/0024
 */
import type { OfflineEntry, OfflineLimit, OfflineStore } from '@rookery/storage'

export interface SpoolLimits {
  /** Of messages for somebody who is away */
  readonly usual: OfflineLimit
  /** With those that clients may leave unacknowledged */
  readonly expected: OfflineLimit
}

export class Spool {
  readonly #store: OfflineStore
  readonly #limits: SpoolLimits
  /** By account and id: on the way, or sessions have them, or a client has and they could not be removed yet. */
  readonly #given = new Map<string, Map<number, 'coming' | 'given'>>()
  /** By account: what could not be removed. */
  readonly #owed = new Map<string, Set<number>>()
  #freed: (local: string) => void = () => undefined

  constructor(store: OfflineStore, limits: SpoolLimits) {
    this.#store = store
    this.#limits = limits
  }

  /** Who looks after messages that no session has; called whenever one gets free. */
  whenFree(call: (local: string) => void): void {
    this.#freed = call
  }

  /** Durably; one that is there already stays as it is. 'full': there is no room for it. `isExpected`: a client is there that will take it. */
  append(local: string, entry: OfflineEntry, isExpected = false): Promise<'stored' | 'full'> {
    return this.#store.append(local, entry, isExpected ? this.#limits.expected : this.#limits.usual)
  }

  read(local: string, after: number, limit: number): Promise<OfflineEntry[]> {
    return this.#store.read(local, after, limit)
  }

  /** Whether there is something that no session has. */
  async hasFree(local: string): Promise<boolean> {
    const entries = await this.#store.read(local, 0, (this.#given.get(local)?.size ?? 0) + 1)
    return entries.some(({ id }) => !this.isGiven(local, id))
  }

  /** It is on its way, and not known yet who gets it: none that is younger goes before it. */
  expect(local: string, id: number): void {
    this.#set(local, id, 'coming')
  }

  /** Sessions have it: it comes back by `release`, or leaves by `remove` or `forget`. */
  give(local: string, id: number): void {
    this.#set(local, id, 'given')
  }

  #set(local: string, id: number, state: 'coming' | 'given'): void {
    let given = this.#given.get(local)
    if (given === undefined) this.#given.set(local, (given = new Map()))
    given.set(id, state)
  }

  isComing(local: string, id: number): boolean {
    return this.#given.get(local)?.get(id) === 'coming'
  }

  isGiven(local: string, id: number): boolean {
    return this.#given.get(local)?.has(id) === true
  }

  /** No session has it any more, and no client. */
  release(local: string, id: number): undefined {
    this.forget(local, [id])
    this.#freed(local)
  }

  /** They have been removed. */
  forget(local: string, ids: readonly number[]): void {
    const given = this.#given.get(local)
    if (given === undefined) return
    for (const id of ids) given.delete(id)
    if (given.size === 0) this.#given.delete(local)
  }

  /** A client has them. What cannot be removed stays given, and is tried again with the next. */
  async remove(local: string, ids: readonly number[]): Promise<void> {
    const owed = this.#owed.get(local)
    const all = owed === undefined ? ids : [...owed, ...ids]
    this.#owed.delete(local)
    try {
      await this.#store.remove(local, all)
      this.forget(local, all)
    } catch (error) {
      this.#owed.set(local, new Set([...(this.#owed.get(local) ?? []), ...all]))
      throw error
    }
  }

  /** The account is gone, with all that was kept for it. */
  accountRemoved(local: string): void {
    this.#given.delete(local)
    this.#owed.delete(local)
  }
}
