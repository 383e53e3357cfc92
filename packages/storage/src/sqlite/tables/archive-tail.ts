/** The newest messages of all archives, as far as they are not in the index tables yet: what an index would say of them, in memory. */
import { NameTable } from './name-table.ts'

/** What an index knows of a message. */
export interface Indexed {
  readonly id: number
  readonly account: number
  readonly peer: number
  /** The hash of its name, if it has one. */
  readonly hash: number | undefined
  /** The same message under another name. */
  readonly also?: Indexed | undefined
  bytes: number
  /** The next older one whose name has the same hash. */
  namesake?: Indexed | undefined
}

/** Ids from `low` to `high`, both included; from the high end if `isDown`. */
export interface Range {
  readonly low: number
  readonly high: number
  readonly isDown: boolean
}

export interface TailOfAccount {
  /** In the order of their ids. */
  readonly entries: Indexed[]
  /** Of the entries with greater ids than `counted`; the others are in the totals of the archive. */
  count: number
  bytes: number
  counted: number
}

export class ArchiveTail {
  readonly accounts: Map<number, TailOfAccount> = new Map()
  readonly #names = new NameTable()
  /** Taken away while others may still hold them. */
  readonly #removed = new Set<Indexed>()
  lastId = 0
  size = 0

  /** Ids grow. `counted`: see `TailOfAccount`, needed for the first of an account. */
  add(entry: Indexed, counted = 0): void {
    let tail = this.accounts.get(entry.account)
    if (tail === undefined) {
      tail = { entries: [], count: 0, bytes: 0, counted }
      this.accounts.set(entry.account, tail)
    }
    tail.entries.push(entry)
    this.#count(tail, entry, 1)
    this.size += 1
    this.lastId = entry.id
    this.#names.add(entry)
    if (entry.also !== undefined) this.#names.add(entry.also)
  }

  /** Puts one back that was removed. */
  restore(entry: Indexed): void {
    this.#forgetRemoval(entry)
    const tail = this.accounts.get(entry.account)!
    tail.entries.splice(lowerBound(tail.entries, entry.id), 0, entry)
    this.#count(tail, entry, 1)
  }

  remove(entry: Indexed): void {
    this.#removed.add(entry)
    if (entry.also !== undefined) this.#removed.add(entry.also)
    const tail = this.accounts.get(entry.account)!
    tail.entries.splice(lowerBound(tail.entries, entry.id), 1)
    this.#count(tail, entry, -1)
  }

  /** The last one added was not committed; the last id was this before. */
  takeBack(entry: Indexed, lastId: number): void {
    this.remove(entry)
    this.#forgetRemoval(entry)
    if (entry.also !== undefined) this.#names.takeBack(entry.also)
    this.#names.takeBack(entry)
    this.size -= 1
    this.lastId = lastId
  }

  isRemoved(entry: Indexed): boolean {
    return this.#removed.size > 0 && this.#removed.has(entry)
  }

  resize(entry: Indexed, bytes: number): void {
    const tail = this.accounts.get(entry.account)!
    if (entry.id > tail.counted) tail.bytes += bytes - entry.bytes
    entry.bytes = bytes
  }

  find(account: number, id: number): Indexed | undefined {
    const entries = this.accounts.get(account)?.entries
    const found = entries?.[lowerBound(entries, id)]
    return found?.id === id ? found : undefined
  }

  /** Adds ids to `ids` until there are `limit`. */
  ids(account: number, peer: number | undefined, { low, high, isDown }: Range, limit: number, ids: number[]): void {
    const entries = this.accounts.get(account)?.entries
    if (entries === undefined) return
    const from = lowerBound(entries, low)
    const to = lowerBound(entries, high + 1)
    for (let i = 0; i < to - from && ids.length < limit; i++) {
      const entry = entries[isDown ? to - 1 - i : from + i]!
      if (peer === undefined || entry.peer === peer) ids.push(entry.id)
    }
  }

  /** The newest messages whose names have this hash, newest first. */
  named(hash: number, limit: number): Indexed[] {
    const named: Indexed[] = []
    for (let one = this.#names.get(hash); one !== undefined && named.length < limit; one = one.namesake)
      if (!this.isRemoved(one)) named.push(one)
    return named
  }

  /** All hashes of names, in their order. */
  hashes(): Float64Array {
    return this.#names.hashes()
  }

  #forgetRemoval(entry: Indexed): void {
    this.#removed.delete(entry)
    if (entry.also !== undefined) this.#removed.delete(entry.also)
  }

  #count(tail: TailOfAccount, entry: Indexed, sign: 1 | -1): void {
    if (entry.id <= tail.counted) return
    tail.count += sign
    tail.bytes += sign * entry.bytes
  }
}

/** The index of the first entry whose id is not less. */
function lowerBound(entries: readonly Indexed[], id: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (entries[middle]!.id < id) low = middle + 1
    else high = middle
  }
  return low
}
