/** How long to wait before the next try: full jitter, so that the clients of a server that comes back do not come all at once. */

const base = 500
const cap = 60_000

/** Milliseconds. `attempt` counts from 1, for which it is up to a second; `random` is from 0 to 1. */
export function backOff(attempt: number, random: number): number {
  return Math.round(random * Math.min(cap, base * 2 ** Math.min(attempt || 1, 10)))
}
