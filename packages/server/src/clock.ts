/** The real clock and randomness; tests pass others in. */
import { randomBytes, randomFillSync } from 'node:crypto'
import type { ClockPower, RandomPower } from './powers.ts'

export const systemClock: ClockPower = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
}

const idBytes = 16
/** Random bytes for many ids, taken from the system at once. */
const pool = Buffer.alloc(256 * idBytes)
let used = pool.length

export const systemRandom: RandomPower = {
  id() {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    used += idBytes
    return pool.toString('base64url', used - idBytes, used)
  },
  bytes: (length) => randomBytes(length),
}
