/**
 * A short keyed hash for names that strangers choose: HalfSipHash-2-4 with an output of 64 bits, of which 53 are used. Who does not know
 * the key cannot make many names share one place of an index. Not for anything that must be unforgeable.
 */

/** The state between two words; nothing here is re-entrant. */
const v = new Int32Array(4)

export class NameHash {
  readonly #k0: number
  readonly #k1: number

  /** Eight secret bytes. */
  constructor(key: Uint8Array) {
    const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
    this.#k0 = view.getInt32(0, true)
    this.#k1 = view.getInt32(4, true)
  }

  /** Of some whole numbers below 2^32 and a text: a whole number from 0 to 2^53 - 1. */
  of(text: string, ...numbers: readonly [number, number, number]): number {
    v[0] = this.#k0
    v[1] = this.#k1 ^ 0xee
    v[2] = this.#k0 ^ 0x6c796765
    v[3] = this.#k1 ^ 0x74656462
    for (const number of numbers) take(number)
    const length = text.length
    let i = 0
    for (; i + 1 < length; i += 2) take(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16)) // two UTF-16 units a word
    take((i < length ? text.charCodeAt(i) : 0) | (length << 16)) // the length: no text is another with zeros behind it
    v[2]! ^= 0xee
    const high = finish()
    v[1]! ^= 0xdd
    const low = finish()
    return (high & 0x1fffff) * 0x1_0000_0000 + (low >>> 0)
  }
}

function take(word: number): void {
  v[3]! ^= word
  rounds(2)
  v[0]! ^= word
}

function finish(): number {
  rounds(4)
  return v[1]! ^ v[3]!
}

function rounds(count: number): void {
  let [v0, v1, v2, v3] = v as unknown as [number, number, number, number]
  for (let i = 0; i < count; i++) {
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
  }
  v[0] = v0
  v[1] = v1
  v[2] = v2
  v[3] = v3
}
