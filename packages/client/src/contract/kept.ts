/** The rows of a store, read once and then looked at in memory; each change is written through. Not the store itself. */
import type { Maybe } from '@rookery/protocol'
import { UsageError } from './errors.ts'
import type { Change, Store } from './store.ts'

export class Kept {
  /** Missing: it is kept in memory alone. */
  readonly #store: Store | undefined
  #rows: Map<string, string> = new Map()
  #closing: Promise<undefined> | undefined

  constructor(store: Store | undefined) {
    if (store && !store.read) throw new UsageError('The option "store" gives no store: see the reference.')
    this.#store = store
  }

  /** Before anything else. */
  async read(): Promise<undefined> {
    this.#rows = new Map(await this.#store?.read())
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
      if (this.#closing) throw new UsageError('The client is closed: make another.')
      for (const [key, value] of changes) {
        if (value === undefined) this.#rows.delete(key)
        else this.#rows.set(key, value)
      }
      return this.#store?.write(changes)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Once, and everybody waits for it. */
  close(): Promise<undefined> {
    return (this.#closing ??= Promise.resolve().then(() => this.#store?.close()))
  }
}
