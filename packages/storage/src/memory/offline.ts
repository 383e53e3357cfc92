/** The offline queues of one host in memory. */
import type { OfflineEntry, OfflineLimit, OfflineStore, StoreSize } from '../contracts.ts'
import { storedBytes } from '../text.ts'
import type { Owned } from './accounts.ts'
import type { Run } from './storage.ts'

interface Queue {
  lastSeq: number
  bytes: number
  entries: OfflineEntry[]
}

export class MemoryOffline implements OfflineStore, Owned {
  readonly #queues = new Map<string, Queue>()
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  append(
    local: string,
    entry: { readonly stanza: string; readonly at: number },
    limit: OfflineLimit,
  ): Promise<'stored' | 'full'> {
    return this.#run('offline.append', () => {
      const queue = this.#queues.get(local) ?? { lastSeq: 0, bytes: 0, entries: [] }
      const bytes = storedBytes(entry.stanza)
      if (queue.entries.length + 1 > limit.count || queue.bytes + bytes > limit.bytes) return 'full'
      this.#queues.set(local, queue)
      queue.bytes += bytes
      queue.entries.push({ seq: ++queue.lastSeq, at: entry.at, stanza: entry.stanza })
      return 'stored'
    })
  }

  read(local: string, after: number, limit: number): Promise<OfflineEntry[]> {
    return this.#run('offline.read', () => {
      const entries = this.#queues.get(local)?.entries ?? []
      const start = entries.findIndex((entry) => entry.seq > after)
      if (start === -1) return []
      return entries.slice(start, start + Math.max(0, limit)).map((entry) => ({ ...entry }))
    })
  }

  removeThrough(local: string, seq: number): Promise<void> {
    return this.#run('offline.removeThrough', () => {
      const queue = this.#queues.get(local)
      if (queue === undefined) return
      queue.entries = queue.entries.filter((entry) => entry.seq > seq)
      queue.bytes = queue.entries.reduce((sum, entry) => sum + storedBytes(entry.stanza), 0)
    })
  }

  size(local: string): Promise<StoreSize> {
    return this.#run('offline.size', () => {
      const queue = this.#queues.get(local)
      return { count: queue?.entries.length ?? 0, bytes: queue?.bytes ?? 0 }
    })
  }

  forget(local: string): void {
    this.#queues.delete(local)
  }
}
