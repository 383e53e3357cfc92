/** The preferences of the accounts of a host: read once, kept in memory while they are used. */
import type { Maybe } from '@rookery/protocol'
import { type DocumentStore, RecentMap } from '@rookery/storage'
import { Preferences } from './preferences.ts'

const key = 'archive:preferences'

export class PreferenceStore {
  readonly #documents: DocumentStore
  readonly #usual: Preferences
  readonly #known = new RecentMap<string, Preferences>(200_000)
  readonly #loading = new Map<string, Promise<Preferences>>()
  /** Changes with each change and removal: what was read before is not kept. [S52] */
  #era = 0

  /** `usual`: those of an account that has said nothing. */
  constructor(documents: DocumentStore, usual: Preferences) {
    this.#documents = documents
    this.#usual = usual
  }

  of(local: string): Maybe<Preferences> {
    return this.#known.get(local) ?? this.#loading.get(local) ?? this.#load(local)
  }

  async set(local: string, preferences: Preferences): Promise<void> {
    this.forget(local)
    try {
      await this.#documents.put(local, key, preferences.toString())
    } finally {
      this.forget(local) // what was read meanwhile may not have become true
    }
  }

  /** They change, or the account is gone. */
  forget(local: string): void {
    this.#era++
    this.#known.delete(local)
    this.#loading.delete(local)
  }

  #load(local: string): Promise<Preferences> {
    const era = this.#era
    const load: Promise<Preferences> = this.#documents.get(local, key).then((kept) => {
      const preferences = kept === undefined ? this.#usual : Preferences.parse(kept)
      if (era === this.#era) this.#known.set(local, preferences)
      return preferences
    })
    this.#loading.set(local, load)
    const done = (): void => {
      if (this.#loading.get(local) === load) this.#loading.delete(local)
    }
    load.then(done, done)
    return load
  }
}
