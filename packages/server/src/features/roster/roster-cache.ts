/**
 * Rosters in memory: those of accounts that are online or being changed, and those used lately, bounded. An account is
 * loaded once however many ask for it at the same time.
 */
import type { Maybe } from '@rookery/protocol'
import { RecentMap, type RosterStore } from '@rookery/storage'
import { AccountRoster } from './account-roster.ts'

/** Items from which on a roster counts as a large one, of which fewer are kept. */
const large = 100

export class RosterCache {
  readonly #store: RosterStore
  readonly #isInUse: (local: string) => boolean
  readonly #pinned = new Map<string, AccountRoster>()
  readonly #recent = new RecentMap<string, AccountRoster>(20_000)
  readonly #recentLarge = new RecentMap<string, AccountRoster>(400)
  readonly #loading = new Map<string, Promise<AccountRoster>>()

  /** While `isInUse` says so a roster stays; `release` asks again. */
  constructor(store: RosterStore, isInUse: (local: string) => boolean) {
    this.#store = store
    this.#isInUse = isInUse
  }

  get(local: string): Maybe<AccountRoster> {
    const known = this.peek(local)
    if (known === undefined) return this.#loading.get(local) ?? this.#load(local)
    return known
  }

  peek(local: string): AccountRoster | undefined {
    const pinned = this.#pinned.get(local)
    if (pinned !== undefined) return pinned
    const recent = this.#recent.get(local) ?? this.#recentLarge.get(local)
    if (recent !== undefined && this.#isInUse(local)) this.#pinned.set(local, recent)
    return recent
  }

  /** To be said when a use may have ended. */
  release(local: string): void {
    const pinned = this.#pinned.get(local)
    if (pinned === undefined || this.#isInUse(local)) return
    this.#pinned.delete(local)
    this.#keep(local, pinned)
  }

  forget(local: string): void {
    this.#loading.delete(local)
    this.#pinned.delete(local)
    this.#recent.delete(local)
    this.#recentLarge.delete(local)
  }

  #load(local: string): Promise<AccountRoster> {
    const loading: Promise<AccountRoster> = this.#store.load(local).then(
      ({ version, items }) => {
        const roster = new AccountRoster(version, items)
        if (this.#loading.get(local) !== loading) return roster // forgotten meanwhile
        this.#loading.delete(local)
        if (this.#isInUse(local)) this.#pinned.set(local, roster)
        else this.#keep(local, roster)
        return roster
      },
      (error) => {
        if (this.#loading.get(local) === loading) this.#loading.delete(local)
        throw error
      },
    )
    this.#loading.set(local, loading)
    return loading
  }

  #keep(local: string, roster: AccountRoster): void {
    const isLarge = roster.items.size >= large
    if (isLarge) this.#recent.delete(local)
    else this.#recentLarge.delete(local)
    const kept = isLarge ? this.#recentLarge : this.#recent
    kept.set(local, roster)
  }
}
