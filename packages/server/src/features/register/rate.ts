/** How many accounts each network made in the last hour. Bounded: the networks seen lately. [S51] */
import { RecentMap } from '../../recent-map.ts'

interface Count {
  since: number
  made: number
}

const hour = 3_600_000

export class Rate {
  readonly #limit: number
  readonly #now: () => number
  readonly #counts = new RecentMap<string, Count>(20_000)

  /** A limit of 0 is none. */
  constructor(limit: number, now: () => number) {
    this.#limit = limit
    this.#now = now
  }

  /** Counts one more, unless that is one too many. */
  take(network: string): boolean {
    if (this.#limit === 0) return true
    const now = this.#now()
    const count = this.#counts.get(network)
    if (count === undefined || now - count.since > hour) this.#counts.set(network, { since: now, made: 1 })
    else if (count.made >= this.#limit) return false
    else count.made++
    return true
  }

  /** No account came of it. */
  giveBack(network: string): void {
    const count = this.#counts.get(network)
    if (count !== undefined && count.made > 0) count.made--
  }
}
