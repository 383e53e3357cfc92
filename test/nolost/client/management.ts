/**
 * Counters and queue of one stream management session (XEP-0198 1.6), client side: what was received, what was sent and is not acknowledged.
 * Modulo 2^32 in both directions [XEP-0198 4]. Pure.
 */

const modulus = 2 ** 32

export class Management<T> {
  /** Stanzas received: our h. */
  #received: number
  /** Stanzas that the server has acknowledged: its h. */
  #acknowledged: number
  /** Sent and not acknowledged, oldest first; those before `#head` are gone. */
  #queue: T[] = []
  #head = 0

  /** Counting starts elsewhere only in tests. */
  constructor(received = 0, acknowledged = 0) {
    this.#received = received
    this.#acknowledged = acknowledged
  }

  get h(): number {
    return this.#received
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  get unacknowledged(): readonly T[] {
    return this.#queue.slice(this.#head)
  }

  get length(): number {
    return this.#queue.length - this.#head
  }

  received(): void {
    this.#received = (this.#received + 1) % modulus
  }

  sent(item: T): void {
    this.#queue.push(item)
  }

  /** What this h covers beyond the one before; undefined if it covers more than was sent, or is no h. [XEP-0198 4] */
  acknowledge(h: string | undefined): T[] | undefined {
    if (h === undefined || !/^\d{1,10}$/.test(h)) return undefined
    const count = (Number(h) - this.#acknowledged + modulus) % modulus
    if (Number(h) >= modulus || count > this.length) return undefined
    const covered = this.#queue.slice(this.#head, this.#head + count)
    this.#head += count
    this.#acknowledged = Number(h)
    if (this.#head > 1000 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
    return covered
  }
}
