// A property of all Unicode code points, unpacked from the run lengths of generated/tables.ts. It knows nothing of what the classes mean.

/** Maps a code point to a small number; decoded when first asked. */
export class RangeTable {
  readonly #packed: string
  readonly #classes: number
  #starts: Uint32Array | undefined
  #values: Uint8Array | undefined

  constructor(packed: string, classes: number) {
    this.#packed = packed
    this.#classes = classes
  }

  get(codePoint: number): number {
    if (this.#starts === undefined) this.#unpack()
    const starts = this.#starts!
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= codePoint) low = middle
      else high = middle - 1
    }
    return this.#values![low]!
  }

  #unpack(): void {
    const starts: number[] = []
    const values: number[] = []
    let start = 0
    let value = 0
    let scale = 1
    for (let index = 0; index < this.#packed.length; index++) {
      const digit = digitOf(this.#packed.charCodeAt(index))
      value += (digit % 32) * scale
      if (digit >= 32) {
        scale *= 32
        continue
      }
      starts.push(start)
      values.push(value % this.#classes)
      start += Math.floor(value / this.#classes) + 1
      value = 0
      scale = 1
    }
    this.#starts = Uint32Array.from(starts)
    this.#values = Uint8Array.from(values)
  }
}

/** A–Z a–z 0–9 - _ */
function digitOf(code: number): number {
  if (code >= 0x61) return code - 0x61 + 26
  if (code === 0x5f) return 63
  if (code >= 0x41) return code - 0x41
  if (code >= 0x30) return code - 0x30 + 52
  return 62
}
