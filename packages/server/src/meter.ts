/** A token bucket in bytes: how long a reader must pause to keep to its rate. No timer of its own. */
export class Meter {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #last: number

  /** `perSecond` 0: no limit. Times in milliseconds of a clock that never goes back. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond
    this.#burst = Math.max(burst, perSecond)
    this.#tokens = this.#burst
    this.#last = now
  }

  /** Takes `bytes`; the milliseconds to pause before reading more, 0 for none. */
  take(bytes: number, now: number): number {
    if (this.#perSecond === 0) return 0
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#last) * this.#perSecond) / 1000) - bytes
    this.#last = now
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1000) / this.#perSecond)
  }
}
