/**
 * Stanzas that were sent and not acknowledged, oldest first, and how many came from the other side (XEP-0198 1.6.3 section 4).
 * Both ends use it. Counts on the wire go modulo 2^32, those in here do not. No timers, no bytes on a wire.
 */

/** A count as it stands on the wire: modulo 2^32, also of one below zero. [XEP-0198 4] */
export function onWire(count: number): number {
  return count >>> 0
}

export class Unacknowledged<T> {
  readonly #items: T[] = []
  /** Where the oldest stands in the list: to cut off what was acknowledged moves all that is left, so it is done now and then. */
  #first = 0
  #acknowledged: number

  /** `acknowledged`: how many were acknowledged before. */
  constructor(acknowledged = 0) {
    this.#acknowledged = acknowledged
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  get size(): number {
    return this.#items.length - this.#first
  }

  /** How many were sent in all. */
  get sent(): number {
    return this.#acknowledged + this.size
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** Whether so many (modulo 2^32) lie before what was acknowledged last, beyond what was sent, or are a count that may come now. */
  placeOf(h: number): 'before' | 'within' | 'beyond' {
    if (onWire(h - this.#acknowledged) <= this.size) return 'within'
    return onWire(this.#acknowledged - h) <= Math.min(this.#acknowledged, 2 ** 31) ? 'before' : 'beyond'
  }

  /**
   * The other side has handled so many (modulo 2^32): those that it says it has now, oldest first. Undefined when that is more than was sent;
   * a count that goes back looks the same, and nothing changes.
   */
  acknowledge(h: number): readonly T[] | undefined {
    const more = onWire(h - this.#acknowledged)
    if (more > this.size) return undefined
    this.#acknowledged += more
    const taken = this.#items.slice(this.#first, (this.#first += more))
    if (this.#first > Math.min(this.size, 999)) {
      this.#items.splice(0, this.#first)
      this.#first = 0
    }
    return taken
  }

  /** Those that are left, oldest first. */
  rest(): readonly T[] {
    return this.#items.slice(this.#first)
  }
}
