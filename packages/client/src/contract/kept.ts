/** The rows of a store, read once and then looked at in memory; each change is written through. Not the store itself. */
import type { Maybe } from '@rookery/protocol'
import { UsageError } from './errors.ts'
import type { Change, Store } from './store.ts'

export class Kept {
  /** Missing: it is kept in memory alone. */
  readonly #store: Store | undefined
  readonly #rows: Map<string, string>
  isClosed = false

  private constructor(store: Store | undefined, rows: Map<string, string>) {
    this.#store = store
    this.#rows = rows
  }

  static async open(store: Store | undefined): Promise<Kept> {
    if (store && !store.read) throw new UsageError('The option "store" gives no store: see the reference.')
    return new Kept(store, new Map(await store?.read()))
  }

  /** Whether anything outlives the client. */
  get lasts(): boolean {
    return this.#store !== undefined
  }

  get(key: string): string | undefined {
    return this.#rows.get(key)
  }

  /** The members of a row that is a JSON object; none where there is no row, or where it is broken. */
  json(key: string): { readonly [member: string]: unknown } {
    try {
      return JSON.parse(this.#rows.get(key) ?? '') ?? {}
    } catch {
      return {}
    }
  }

  /** All rows. */
  get rows(): ReadonlyMap<string, string> {
    return this.#rows
  }

  /** Rejects where the store cannot; never throws. */
  write(changes: readonly Change[]): Maybe<undefined> {
    try {
      if (this.isClosed) throw new UsageError('The client is closed: make another.')
      for (const [key, value] of changes) {
        if (value === undefined) this.#rows.delete(key)
        else this.#rows.set(key, value)
      }
      return this.#store?.write(changes)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  close(): Maybe<undefined> {
    if (this.isClosed) return undefined
    this.isClosed = true
    return this.#store?.close()
  }
}
