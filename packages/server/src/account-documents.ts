/** One small document of each account: read once, kept in memory while it is used, changed one change after the other. */
import type { Maybe } from '@rookery/protocol'
import { type DocumentStore, RecentMap } from '@rookery/storage'

/** How a value is written down. `empty` is what an account has that has no document; it is told by being the same object. */
export interface DocumentForm<T> {
  readonly key: string
  readonly empty: T
  parse(text: string): T
  print(value: T): string
}

export class AccountDocuments<T extends object> {
  readonly #store: DocumentStore
  readonly #form: DocumentForm<T>
  readonly #known: RecentMap<string, T>
  readonly #loading = new Map<string, Promise<T>>()
  /** The last change of each account that has one under way. */
  readonly #changes = new Map<string, Promise<unknown>>()
  #removals = 0

  constructor(store: DocumentStore, form: DocumentForm<T>, capacity = 100_000) {
    this.#store = store
    this.#form = form
    this.#known = new RecentMap(capacity)
  }

  of(local: string): Maybe<T> {
    return this.#known.get(local) ?? this.#load(local)
  }

  /**
   * Writes what `next` makes of the value; the same object means that nothing is to be written. `beforeUse` is called when
   * it is durable, and not yet used. Resolves with the value that was there before.
   */
  change(local: string, next: (value: T) => T, beforeUse?: (value: T, before: T) => Maybe<undefined>): Promise<T> {
    const turn = (async () => {
      await this.#changes.get(local)?.catch(() => undefined)
      const removals = this.#removals
      const before = await this.of(local)
      const value = next(before)
      if (value === before) return before
      try {
        if (value === this.#form.empty) await this.#store.remove(local, this.#form.key)
        else await this.#store.put(local, this.#form.key, this.#form.print(value))
        await beforeUse?.(value, before)
      } catch (error) {
        this.#known.delete(local) // the storage knows what has become true
        throw error
      }
      if (removals === this.#removals) this.#known.set(local, value)
      else this.#known.delete(local) // it may be this account that is gone [S52]
      return before
    })()
    this.#changes.set(local, turn)
    const done = (): void => {
      if (this.#changes.get(local) === turn) this.#changes.delete(local)
    }
    turn.then(done, done)
    return turn
  }

  /** The account is gone. */
  async forget(local: string): Promise<undefined> {
    for (let change = this.#changes.get(local); change !== undefined; change = this.#changes.get(local))
      await change.catch(() => undefined)
    this.#removals++
    this.#known.delete(local)
    this.#loading.delete(local)
    return undefined
  }

  #load(local: string): Promise<T> {
    const loading = this.#loading.get(local)
    if (loading !== undefined) return loading
    const load: Promise<T> = this.#store.get(local, this.#form.key).then((kept) => {
      const known = this.#known.get(local) // a change may have been quicker
      if (known !== undefined) return known
      const value = kept === undefined ? this.#form.empty : this.#form.parse(kept)
      if (this.#loading.get(local) === load) this.#known.set(local, value) // else the account is gone
      return value
    })
    this.#loading.set(local, load)
    const done = (): void => {
      if (this.#loading.get(local) === load) this.#loading.delete(local)
    }
    load.then(done, done)
    return load
  }
}
