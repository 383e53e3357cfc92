/** Seeded pseudo-random numbers (sfc32), so that a run can be repeated with the same choices. Not for secrets. */

export class Random {
  #a: number
  #b: number
  #c: number
  #count = 1

  /** `stream` gives each actor numbers of its own out of one seed. */
  constructor(seed: number, stream = '') {
    this.#a = seed | 0
    this.#b = 0x9e3779b9
    this.#c = 0x243f6a88
    for (let i = 0; i < stream.length; i++) {
      this.#b = Math.imul(this.#b ^ stream.charCodeAt(i), 0x01000193)
      this.#next()
    }
    for (let i = 0; i < 12; i++) this.#next()
  }

  #next(): number {
    const result = (((this.#a + this.#b) | 0) + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result
    this.#c |= 0
    return result >>> 0
  }

  /** From 0 up to, not including, 1. */
  fraction(): number {
    return this.#next() / 2 ** 32
  }

  /** From `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)]!
  }

  /** One of the keys, each as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][]
    let left = this.fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [key, weight] of entries) {
      left -= weight
      if (left < 0) return key
    }
    return entries.at(-1)![0]
  }

  hex(bytes: number): string {
    let text = ''
    while (text.length < bytes * 2) text += this.#next().toString(16).padStart(8, '0')
    return text.slice(0, bytes * 2)
  }
}
