/** What stores have in common: the order of rows, and taking over the messages that another client has left behind. */
import type { Change } from '../contract/store.ts'

/** Rows of messages that were not acknowledged: behind it a number of so many digits, in their order. Other rows are of use to their own session only. */
export const messagePrefix = 'out/'
const digits = 12

/** By code unit of the key. */
export function sorted(rows: Iterable<readonly [string, string]>): (readonly [key: string, value: string])[] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/** Changes that append the messages of an abandoned table to one's own; they say themselves of which session their numbers are. */
export function adopt(
  own: Iterable<readonly [string, string]>,
  abandoned: Iterable<readonly [string, string]>,
): Change[] {
  let next = 0
  for (const [key] of own)
    if (key.startsWith(messagePrefix)) next = Math.max(next, Number(key.slice(messagePrefix.length)) + 1)
  return sorted(abandoned)
    .filter(([key]) => key.startsWith(messagePrefix))
    .map(([, value]) => [messagePrefix + String(next++).padStart(digits, '0'), value])
}
