/** The clock of the machine. */
import type { Clock } from '../contract/platform.ts'

/** Longer timers would fire at once. */
const longest = 0x7fff_ffff

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, Math.min(milliseconds, longest))
    return () => clearTimeout(timer)
  },
}
