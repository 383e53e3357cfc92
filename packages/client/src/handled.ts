/**
 * How many stanzas of the other side have been handled (XEP-0198 section 4): one that somebody still works on holds back the count,
 * and with it our acknowledgement of all that came after it.
 */
export class Handled {
  #received: number
  /** Those that are held, in the order they came, with their sizes. */
  readonly #held: Map<number, number> = new Map()
  #bytes = 0
  readonly #changed: () => void

  /** `changed` is called when a held one was the first. */
  constructor(handled: number, changed: () => void) {
    this.#received = handled
    this.#changed = changed
  }

  /** All before the first that is held. */
  get count(): number {
    for (const first of this.#held.keys()) return first - 1
    return this.#received
  }

  get received(): number {
    return this.#received
  }

  /** Bytes of what is held. */
  get bytes(): number {
    return this.#bytes
  }

  receive(): void {
    this.#received++
  }

  /** Holds the stanza that came last, until the answer is called. */
  hold(bytes: number): () => void {
    const number = this.#received
    this.#held.set(number, bytes)
    this.#bytes += bytes
    return () => {
      const before = this.count
      if (!this.#held.delete(number)) return
      this.#bytes -= bytes
      if (this.count !== before) this.#changed()
    }
  }
}
