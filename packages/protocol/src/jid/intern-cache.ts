// A bounded memory of parsed addresses in two generations: when the young one is full it becomes the old one, and what is still asked for moves
// back. Nothing is ever walked or sorted, so one entry costs the same whether the cache is empty or full.

export class InternCache<Value> {
  readonly #half: number
  #young: Map<string, Value> = new Map()
  #old: Map<string, Value> = new Map()

  /** At most this many entries, both generations together. */
  constructor(entries: number) {
    this.#half = Math.max(1, Math.floor(entries / 2))
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}
