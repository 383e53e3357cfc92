/** Sessions that are over, of which only the count of handled stanzas is kept: a client that comes too late learns it. [XEP-0198 5] */
import type { ResumptionStore } from '@rookery/storage'
import type { ClockPower, Log } from '../powers.ts'

/** How long they are kept, and how many of one account. */
const lifetime = 86_400_000
const perAccount = 10
/** How often is looked for old ones. */
const interval = 600_000

export class Tombstones {
  readonly #store: ResumptionStore
  readonly #clock: ClockPower
  readonly #log: Log
  /** Oldest first. */
  readonly #until = new Map<string, { local: string; until: number }>()
  readonly #byAccount = new Map<string, string[]>()
  #sweep: Disposable | undefined

  constructor(store: ResumptionStore, clock: ClockPower, log: Log) {
    this.#store = store
    this.#clock = clock
    this.#log = log
  }

  /** Milliseconds since the epoch. */
  until(): number {
    return this.#clock.now() + lifetime
  }

  add(id: string, local: string): void {
    this.#until.set(id, { local, until: this.until() })
    const ids = this.#byAccount.get(local) ?? []
    ids.push(id)
    this.#byAccount.set(local, ids)
    if (ids.length > perAccount) this.#remove(ids[0]!)
  }

  start(): void {
    this.#sweep = this.#clock.after(interval, () => this.#removeOld())
  }

  stop(): void {
    this.#sweep?.[Symbol.dispose]()
    this.#sweep = undefined
  }

  #removeOld(): void {
    const now = this.#clock.now()
    for (const [id, { until }] of this.#until) {
      if (until > now) break
      this.#remove(id)
    }
    this.start()
  }

  #remove(id: string): void {
    const local = this.#until.get(id)?.local ?? ''
    this.#until.delete(id)
    const ids = this.#byAccount.get(local)?.filter((other) => other !== id) ?? []
    if (ids.length > 0) this.#byAccount.set(local, ids)
    else this.#byAccount.delete(local)
    this.#store.remove(id).catch((error) => this.#log.error({ error }, 'a session that is over could not be forgotten'))
  }
}
