/** What stores have in common: the order of rows, and taking over the messages that another client has left behind. */
import type { Change } from '../store.ts'

/** Rows whose keys begin so are messages that were not acknowledged, in their order; the rest is of one session and of no use to another. */
export const messagePrefix = 'out/'

/** By code unit of the key. */
export function sorted(rows: Iterable<readonly [string, string]>): (readonly [key: string, value: string])[] {
  return [...rows].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

/**
 * Changes that append the messages of an abandoned table to one's own. Their keys are the last one's with `~` and more behind it: they
 * come after it, in their order, and before whatever number of the same width comes next.
 */
export function adopt(own: ReadonlyMap<string, string>, abandoned: ReadonlyMap<string, string>): Change[] {
  const messages = sorted(abandoned).filter(([key]) => key.startsWith(messagePrefix))
  let last = ''
  for (const key of own.keys()) if (key.startsWith(messagePrefix) && key > last) last = key
  if (last === '') return messages
  return messages.map(([, value], index) => [`${last}~${index.toString(36).padStart(5, '0')}`, value])
}
