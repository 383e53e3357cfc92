/** The real clock and randomness; tests pass others in. */
import { randomBytes } from 'node:crypto'
import type { ClockPower, RandomPower } from './powers.ts'

export const systemClock: ClockPower = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
}

export const systemRandom: RandomPower = {
  id: () => randomBytes(16).toString('base64url'),
  bytes: (length) => randomBytes(length),
}
