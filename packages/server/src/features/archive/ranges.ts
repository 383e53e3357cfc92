/** Stretches of an archive that a client has been given, as ids. Bounded: what is forgotten counts as not given. */

interface Range {
  /** Exclusive. */
  low: number
  /** Inclusive. */
  high: number
}

const mostRanges = 32

export class Ranges {
  #ranges: Range[] = []

  /** Everything with an id above `low`, up to and including `high`. */
  add(low: number, high: number): void {
    if (high <= low) return
    const apart: Range[] = []
    const joined = { low, high }
    for (const range of this.#ranges) {
      if (range.high < joined.low || range.low > joined.high) apart.push(range)
      else {
        joined.low = Math.min(joined.low, range.low)
        joined.high = Math.max(joined.high, range.high)
      }
    }
    apart.push(joined)
    this.#ranges = apart.slice(-mostRanges)
  }

  toString(): string {
    return this.#ranges.map(({ low, high }) => `${low} ${high}`).join(',')
  }

  /** What `toString` wrote. */
  static parse(text: string): Ranges {
    const ranges = new Ranges()
    for (const range of text.split(',')) {
      const [low, high] = range.split(' ').map(Number)
      if (Number.isSafeInteger(low) && Number.isSafeInteger(high)) ranges.add(low!, high!)
    }
    return ranges
  }

  has(id: number): boolean {
    return this.#ranges.some(({ low, high }) => id > low && id <= high)
  }
}
