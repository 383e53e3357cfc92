/** How often each of many did something in the last hour. Bounded: those seen lately. */
import { RecentMap } from '@rookery/storage'

interface Count {
  since: number
  times: number
}

const hour = 3_600_000

export class Rate {
  readonly #limit: () => number
  readonly #now: () => number
  readonly #counts = new RecentMap<string, Count>(20_000)

  /** A limit of 0 is none; it can change. */
  constructor(limit: () => number, now: () => number) {
    this.#limit = limit
    this.#now = now
  }

  /** Counts one more, unless that is one too many. */
  take(who: string): boolean {
    const limit = this.#limit()
    if (limit === 0) return true
    const now = this.#now()
    const count = this.#counts.get(who)
    if (count === undefined || now - count.since > hour) this.#counts.set(who, { since: now, times: 1 })
    else if (count.times >= limit) return false
    else count.times++
    return true
  }

  /** Nothing came of it. */
  giveBack(who: string): void {
    const count = this.#counts.get(who)
    if (count !== undefined && count.times > 0) count.times--
  }
}
