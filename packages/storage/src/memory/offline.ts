/** The offline queues of one host in memory. */
import type { OfflineEntry, OfflineLimit, OfflineStore, StoreSize } from '../contracts.ts'
import { storedBytes } from '../text.ts'
import type { Owned } from './accounts.ts'
import type { Run } from './storage.ts'

interface Queue {
  bytes: number
  /** In the order of their ids. */
  entries: OfflineEntry[]
}

export class MemoryOffline implements OfflineStore, Owned {
  readonly #queues = new Map<string, Queue>()
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  lastId(): Promise<number> {
    return this.#run('offline.lastId', () =>
      Math.max(0, ...[...this.#queues.values()].map(({ entries }) => entries.at(-1)?.id ?? 0)),
    )
  }

  append(local: string, { id, at, stanza }: OfflineEntry, limit: OfflineLimit): Promise<'stored' | 'full'> {
    return this.#run('offline.append', () => {
      const queue = this.#queues.get(local) ?? { bytes: 0, entries: [] }
      if (queue.entries.some((entry) => entry.id === id)) return 'stored'
      const bytes = storedBytes(stanza)
      if (queue.entries.length + 1 > limit.count || queue.bytes + bytes > limit.bytes) return 'full'
      this.#queues.set(local, queue)
      queue.bytes += bytes
      queue.entries.splice(queue.entries.findLastIndex((entry) => entry.id < id) + 1, 0, { id, at, stanza })
      return 'stored'
    })
  }

  read(local: string, after: number, limit: number): Promise<OfflineEntry[]> {
    return this.#run('offline.read', () => {
      const entries = this.#queues.get(local)?.entries ?? []
      const start = entries.findIndex((entry) => entry.id > after)
      if (start === -1) return []
      return entries.slice(start, start + Math.max(0, limit)).map((entry) => ({ ...entry }))
    })
  }

  remove(local: string, ids: readonly number[]): Promise<void> {
    return this.#run('offline.remove', () => this.take(local, ids))
  }

  /** As a part of another operation. */
  take(local: string, ids: readonly number[]): void {
    const queue = this.#queues.get(local)
    if (queue === undefined || ids.length === 0) return
    const taken = new Set(ids)
    queue.entries = queue.entries.filter(({ id }) => !taken.has(id))
    queue.bytes = queue.entries.reduce((sum, entry) => sum + storedBytes(entry.stanza), 0)
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
