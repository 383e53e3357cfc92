/** A bounded map of what was used recently, for what can be read again. */

export class Recent<K, V> {
  readonly #half: number
  /** Two generations: when the young one is full it becomes the old one, and what nobody asked for since is forgotten. */
  #young = new Map<K, V>()
  #old = new Map<K, V>()

  /** Never holds more than `capacity`, and always what was used last of half as many. */
  constructor(capacity: number) {
    this.#half = capacity / 2
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  delete(key: K): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
  }
}
