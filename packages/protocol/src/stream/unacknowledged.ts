/**
 * Stanzas that were sent and not acknowledged, oldest first, and how many came from the other side (XEP-0198 1.6.3 section 4).
 * Both ends use it. Counts on the wire go modulo 2^32, those in here do not. No timers, no bytes on a wire.
 */

/** A count as it stands on the wire. [XEP-0198 4] */
export function onWire(count: number): number {
  return count % 4_294_967_296
}

/** From one count to another, forwards. */
function modulo(difference: number): number {
  return onWire(onWire(difference) + 4_294_967_296)
}

export class Unacknowledged<T> {
  #items: T[] = []
  /** Where the oldest stands in the array: what was acknowledged is cut off now and then. */
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
    if (modulo(h - this.#acknowledged) <= this.size) return 'within'
    return modulo(this.#acknowledged - h) <= Math.min(this.#acknowledged, 2 ** 31) ? 'before' : 'beyond'
  }

  /**
   * The other side has handled so many (modulo 2^32): those that it says it has now, oldest first. Undefined when that is more than was sent;
   * a count that goes back looks the same, and nothing changes.
   */
  acknowledge(h: number): readonly T[] | undefined {
    const more = modulo(h - this.#acknowledged)
    if (more > this.size) return undefined
    const taken = this.#items.slice(this.#first, this.#first + more)
    this.#first += more
    this.#acknowledged += more
    if (this.#first === this.#items.length) {
      this.#items = []
      this.#first = 0
    } else if (this.#first > 1024) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return taken
  }

  /** The oldest of a kind among those that are left. */
  find(is: (item: T) => boolean): T | undefined {
    for (let i = this.#first; i < this.#items.length; i++) if (is(this.#items[i]!)) return this.#items[i]
    return undefined
  }

  /** Those that are left, oldest first. */
  rest(): readonly T[] {
    return this.#items.slice(this.#first)
  }
}
