/** A map for what others tell us: it holds so many entries, and forgets what was not asked for longest. */
export class BoundedMap<K, V> {
  readonly #map: Map<K, V> = new Map()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#map.size
  }

  get(key: K): V | undefined {
    const value = this.#map.get(key)
    if (value !== undefined) this.set(key, value)
    return value
  }

  set(key: K, value: V): void {
    this.#map.delete(key)
    this.#map.set(key, value)
    if (this.#map.size > this.#max) for (const first of this.#map.keys()) return void this.#map.delete(first)
  }

  delete(key: K): boolean {
    return this.#map.delete(key)
  }

  clear(): void {
    this.#map.clear()
  }

  entries(): IterableIterator<[K, V]> {
    return this.#map.entries()
  }
}
