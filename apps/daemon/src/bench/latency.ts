/** A histogram of latencies in microseconds with steps of under 2 %, in fixed memory: recording allocates nothing. */

const stepsPerOctave = 64
const octaves = 32

export class Latency {
  readonly #buckets = new Uint32Array(octaves * stepsPerOctave)
  #count = 0

  get count(): number {
    return this.#count
  }

  record(micros: number): void {
    this.#count++
    this.#buckets[bucketOf(micros)]!++
  }

  reset(): void {
    this.#buckets.fill(0)
    this.#count = 0
  }

  /** The latency in microseconds that `share` (0 to 1) of the records do not exceed; undefined with no records. */
  quantile(share: number): number | undefined {
    if (this.#count === 0) return undefined
    const wanted = Math.max(1, Math.ceil(this.#count * share))
    let seen = 0
    for (let bucket = 0; bucket < this.#buckets.length; bucket++) {
      seen += this.#buckets[bucket]!
      if (seen >= wanted) return upperEdge(bucket)
    }
    return undefined
  }
}

// Below 64 µs a bucket is one microsecond; above, every doubling is cut into 64 equal steps.
function bucketOf(micros: number): number {
  const value = micros < 0 ? 0 : Math.min(micros, 2 ** 31) | 0
  if (value < stepsPerOctave) return value
  const octave = 31 - Math.clz32(value) - 6
  return Math.min((octave + 1) * stepsPerOctave + (value >> octave) - stepsPerOctave, octaves * stepsPerOctave - 1)
}

function upperEdge(bucket: number): number {
  if (bucket < stepsPerOctave) return bucket
  const octave = Math.floor(bucket / stepsPerOctave) - 1
  return ((bucket % stepsPerOctave) + stepsPerOctave + 1) * 2 ** octave - 1
}
