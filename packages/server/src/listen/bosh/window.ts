/**
 * The order of BOSH requests (XEP-0124 section 14): by their rids, whatever the order of their arrival; answered in that order; the
 * last answers kept for those who ask again. Pure: who waits for an answer is the caller's.
 */

/** One request that has not been answered. */
export interface Waiting<E, R> {
  readonly rid: number
  /** Of the whole body: a repetition is an exact copy. [XEP-0124 14.3] */
  readonly digest: string
  readonly request: R
  /** Where the answer goes; the last one who asked. */
  exchange: E
  /** It pauses or ends the session: beside those that a client may have under way. */
  readonly isExtra: boolean
  repeats: number
}

export type Arrival<E, R> =
  /** It takes its place; `take` tells when its turn has come. */
  | { readonly kind: 'new'; readonly waiting: Waiting<E, R> }
  /** It waits already: who asked before is replaced. */
  | { readonly kind: 'again'; readonly waiting: Waiting<E, R> }
  /** It was answered: the same answer once more. */
  | { readonly kind: 'replay'; readonly answer: string }
  | { readonly kind: 'refused'; readonly condition: 'item-not-found' | 'policy-violation' }

/** How often the same request may be repeated. [XEP-0124 14.3] */
const mostRepeats = 10

interface Answered {
  readonly digest: string
  readonly answer: string
  repeats: number
}

export class RequestWindow<E, R> {
  /** Requests that a client may have under way at a time. */
  readonly #size: number
  readonly #waiting = new Map<number, Waiting<E, R>>()
  readonly #answered = new Map<number, Answered>()
  /** The highest rid whose turn has come, and the highest that was answered. */
  #taken: number
  #done: number

  /** `first`: the rid that begins the session. */
  constructor(first: number, size: number) {
    this.#size = size
    this.#taken = first - 1
    this.#done = first - 1
  }

  /** The highest rid received without a gap. [XEP-0124 9.2] */
  get taken(): number {
    return this.#taken
  }

  /** Requests whose turn has come and that wait for their answer. */
  get held(): number {
    return this.#taken - this.#done
  }

  /** Of these the one that is to be answered next. */
  get oldest(): Waiting<E, R> | undefined {
    return this.held === 0 ? undefined : this.#waiting.get(this.#done + 1)
  }

  /** All that wait for an answer, those whose turn has not come among them. */
  get all(): IterableIterator<Waiting<E, R>> {
    return this.#waiting.values()
  }

  /** `isExtra`: it pauses or ends the session, and may be one more. [XEP-0124 11] */
  arrive(rid: number, digest: string, request: R, exchange: E, isExtra: boolean): Arrival<E, R> {
    const before = this.#waiting.get(rid)
    if (before !== undefined) {
      if (before.digest !== digest) return refused('item-not-found')
      if (++before.repeats > mostRepeats) return refused('policy-violation')
      return { kind: 'again', waiting: before }
    }
    if (rid <= this.#done) return this.#replay(rid, digest)
    const size = isExtra ? this.#size + 1 : this.#size
    if (rid > this.#taken + size) return refused('item-not-found') // [XEP-0124 14.2]
    if (this.#isFull(isExtra)) return refused('policy-violation') // [XEP-0124 11]
    const waiting = { rid, digest, request, exchange, isExtra, repeats: 0 }
    this.#waiting.set(rid, waiting)
    return { kind: 'new', waiting }
  }

  #isFull(isExtra: boolean): boolean {
    if (this.#waiting.size > this.#size) return true
    if (isExtra) return false
    let usual = 0
    for (const waiting of this.#waiting.values()) if (!waiting.isExtra) usual++
    return usual >= this.#size
  }

  #replay(rid: number, digest: string): Arrival<E, R> {
    const answered = this.#answered.get(rid)
    // the same error whether the rid is too small or too large [XEP-0124 14.3]
    if (answered === undefined || answered.digest !== digest) return refused('item-not-found')
    if (++answered.repeats > mostRepeats) return refused('policy-violation')
    return { kind: 'replay', answer: answered.answer }
  }

  /** The next request in order, if it has come. */
  take(): Waiting<E, R> | undefined {
    const next = this.#waiting.get(this.#taken + 1)
    if (next !== undefined) this.#taken++
    return next
  }

  /** The oldest one has this answer, which is kept. */
  answer(answer: string): void {
    const rid = ++this.#done
    const { digest } = this.#waiting.get(rid)!
    this.#waiting.delete(rid)
    this.#answered.set(rid, { digest, answer, repeats: 0 })
    this.#answered.delete(rid - this.#size)
  }
}

function refused(condition: 'item-not-found' | 'policy-violation'): { kind: 'refused'; condition: typeof condition } {
  return { kind: 'refused', condition }
}
