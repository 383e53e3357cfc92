/**
 * The ids of messages that are kept, in archives or in the spool: numbers that grow with time. What clients are told is made of them by the archive. XEP-0313 1.1.3
 * section 3.1. docs/decisions/0019.
 */

/** 2020-01-01 in UTC: with it, ids fit into a safe integer until the year 2089. */
const epoch = 1_577_836_800_000
const perMillisecond = 4096

/** Makes the ids of a storage; one for each process, shared by its hosts. They grow even when the clock goes back. [S138] */
export class ArchiveIds {
  readonly #now: () => number
  #last: number

  /** `last`: the greatest id ever given. */
  constructor(now: () => number, last: number) {
    this.#now = now
    this.#last = last
  }

  /** The last one that was given. */
  get last(): number {
    return this.#last
  }

  next(): number {
    const earliest = (this.#now() - epoch) * perMillisecond
    this.#last = Math.max(this.#last + 1, earliest)
    return this.#last
  }

  /** There is one that is greater than was known. */
  raise(id: number): void {
    this.#last = Math.max(this.#last, id)
  }

  /** When the id was made, in milliseconds since 1970. */
  readonly timeOf = (id: number): number => Math.floor(id / perMillisecond) + epoch
}
