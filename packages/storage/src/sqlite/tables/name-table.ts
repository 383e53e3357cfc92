/** The newest messages by the hashes of their names. A `Map` with such keys takes three times as long, and a look at it is part of each append. */
import type { Indexed } from './archive-tail.ts'

/** A power of two; doubled before more than half of the places are taken. */
const PLACES = 4096

export class NameTable {
  /** Of each place: a hash, or -1 when it is free. */
  #hashes = new Float64Array(PLACES).fill(-1)
  /** Of each place: the newest with that hash; the others hang on it. */
  #newest: (Indexed | undefined)[] = new Array<Indexed | undefined>(PLACES)
  #taken = 0

  /** The newest with this hash. */
  get(hash: number): Indexed | undefined {
    return this.#newest[this.#placeOf(hash)]
  }

  add(entry: Indexed): void {
    const { hash } = entry
    if (hash === undefined) return
    const place = this.#placeOf(hash)
    entry.namesake = this.#newest[place]
    this.#newest[place] = entry
    if (this.#hashes[place] === hash) return
    this.#hashes[place] = hash
    this.#taken += 1
    if (this.#taken * 2 > this.#hashes.length) this.#grow()
  }

  /** Undoes the last `add`. */
  takeBack({ hash, namesake }: Indexed): void {
    if (hash !== undefined) this.#newest[this.#placeOf(hash)] = namesake
  }

  /** All hashes, in their order. */
  hashes(): Float64Array {
    return this.#hashes.filter((hash) => hash !== -1).sort()
  }

  /** Where the hash is, or where it belongs. */
  #placeOf(hash: number): number {
    const mask = this.#hashes.length - 1
    let place = (hash >>> 0) & mask // hashes are spread evenly already
    while (this.#hashes[place] !== hash && this.#hashes[place] !== -1) place = (place + 1) & mask
    return place
  }

  #grow(): void {
    const [hashes, newest] = [this.#hashes, this.#newest]
    this.#hashes = new Float64Array(hashes.length * 2).fill(-1)
    this.#newest = new Array<Indexed | undefined>(hashes.length * 2)
    for (let i = 0; i < hashes.length; i++) {
      if (hashes[i] === -1) continue
      const place = this.#placeOf(hashes[i]!)
      this.#hashes[place] = hashes[i]!
      this.#newest[place] = newest[i]
    }
  }
}
