/** A store of one's own: everything it must have, waiting or not. */
import type { OpenStore, Store } from '@rookery/client'

const rows = new Map<string, string>()

export const mine: Store = {
  read: () => [...rows],
  async write(changes) {
    for (const [key, value] of changes)
      if (value === undefined) rows.delete(key)
      else rows.set(key, value)
    return undefined
  },
  close: () => undefined,
}

export const open: OpenStore = (account) => (account === '' ? Promise.reject(new Error('whose?')) : mine)

// @ts-expect-error 2741: it must be possible to let go of it
export const endless: Store = { read: () => [], write: () => undefined }

// @ts-expect-error 2322: rows are pairs of texts
export const numbers: Store = { ...mine, read: () => [['count', 1]] }
