/** SHA-256 (FIPS 180-4) of what comes piece by piece: the Web Cryptography API wants all of it at once, and files are large. */

const constants = new Uint32Array(64)
const start = new Uint32Array(8)
/** Made when the first hash is: the first 32 bits behind the point of the square and cube roots of primes. [FIPS 180-4 4.2.2, 5.3.3] */
function makeConstants(): void {
  let count = 0
  for (let number = 2; count < 64; number++) {
    let isPrime = true
    for (let divisor = 2; divisor * divisor <= number; divisor++) isPrime &&= number % divisor !== 0
    if (!isPrime) continue
    if (count < 8) start[count] = fraction(number ** (1 / 2))
    constants[count++] = fraction(number ** (1 / 3))
  }
}

const fraction = (root: number): number => (root - Math.floor(root)) * 2 ** 32
const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

export class Sha256 {
  readonly #state: Uint32Array
  readonly #block: Uint8Array = new Uint8Array(64)
  readonly #view: DataView = new DataView(this.#block.buffer)
  readonly #words: Uint32Array = new Uint32Array(64)
  #filled = 0
  /** Bytes so far. */
  length = 0

  constructor() {
    if (start[0] === 0) makeConstants()
    this.#state = start.slice()
  }

  update(data: Uint8Array): this {
    this.length += data.length
    for (let at = 0; at < data.length; ) {
      const piece = data.subarray(at, at + 64 - this.#filled)
      this.#block.set(piece, this.#filled)
      this.#filled += piece.length
      at += piece.length
      if (this.#filled === 64) this.#compress()
    }
    return this
  }

  /** The 32 bytes; nothing can be added afterwards. */
  digest(): Uint8Array<ArrayBuffer> {
    const { length } = this
    this.update(new Uint8Array([0x80]))
    if (this.#filled > 56) this.update(new Uint8Array(64 - this.#filled))
    this.#block.fill(0, this.#filled)
    this.#view.setBigUint64(56, BigInt(length) * 8n)
    this.#compress()
    const digest = new DataView(new ArrayBuffer(32))
    this.#state.forEach((word, index) => void digest.setUint32(index * 4, word))
    return new Uint8Array(digest.buffer)
  }

  #compress(): void {
    const words = this.#words
    for (let i = 0; i < 16; i++) words[i] = this.#view.getUint32(i * 4)
    for (let i = 16; i < 64; i++) {
      const one = words[i - 15]!
      const two = words[i - 2]!
      const first = rotate(one, 7) ^ rotate(one, 18) ^ (one >>> 3)
      const second = rotate(two, 17) ^ rotate(two, 19) ^ (two >>> 10)
      words[i] = words[i - 16]! + first + words[i - 7]! + second
    }
    const state = this.#state
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const second = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      const choice = (e & f) ^ (~e & g)
      const one = (h + second + choice + constants[i]! + words[i]!) | 0
      const first = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      const majority = (a & b) ^ (a & c) ^ (b & c)
      h = g
      g = f
      f = e
      e = (d + one) | 0
      d = c
      c = b
      b = a
      a = (one + first + majority) | 0
    }
    ;[a, b, c, d, e, f, g, h].forEach((word, index) => {
      state[index]! += word
    })
    this.#filled = 0
  }
}
