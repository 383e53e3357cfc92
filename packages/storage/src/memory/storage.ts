/**
 * Storage in memory behind the contracts of `contracts.ts`: the same order, limits and copies as the real drivers, deterministic.
 * It is not durable: data lives as long as the object, over `close()` and `open()`.
 */
import type { HostStorage, Storage } from '../contracts.ts'
import { closedError, StorageError } from '../error.ts'
import { MemoryAccounts } from './accounts.ts'
import { type LastId, MemoryArchive } from './archive.ts'
import { MemoryDocuments } from './documents.ts'
import { MemoryOffline } from './offline.ts'
import { MemoryResumption } from './resumption.ts'
import { MemoryRoster } from './roster.ts'

export interface MemoryStorageOptions {
  /** Every operation waits for this before it answers; lets a test hold back what stands for the commit. */
  readonly commit?: () => Promise<void>
}

/** Runs one operation at once, if the storage is open, and answers later. */
export type Run = <T>(operation: string, work: () => T) => Promise<T>

export function createMemoryStorage(options: MemoryStorageOptions = {}): Storage {
  return new MemoryStorage(options)
}

class MemoryStorage implements Storage {
  readonly #hosts = new Map<string, HostStorage>()
  readonly #lastId: LastId = { value: 0 }
  readonly #commit: (() => Promise<void>) | undefined
  /** Settles after every operation started so far. */
  #last: Promise<unknown> = Promise.resolve()
  #isOpen = false

  constructor(options: MemoryStorageOptions) {
    this.#commit = options.commit
  }

  async open(): Promise<void> {
    this.#isOpen = true
  }

  async close(): Promise<void> {
    this.#isOpen = false
    await this.#last
  }

  host(domain: string): HostStorage {
    let host = this.#hosts.get(domain)
    if (host === undefined) {
      const run: Run = (operation, work) => this.#run(operation, work)
      const roster = new MemoryRoster(run)
      const offline = new MemoryOffline(run)
      const documents = new MemoryDocuments(run)
      const archive = new MemoryArchive(run, this.#lastId)
      const resumption = new MemoryResumption(run, offline)
      const accounts = new MemoryAccounts(run, [roster, offline, documents, archive, resumption])
      host = { accounts, roster, offline, documents, archive, resumption }
      this.#hosts.set(domain, host)
    }
    return host
  }

  #run<T>(operation: string, work: () => T): Promise<T> {
    if (!this.#isOpen) return Promise.reject(closedError(operation))
    let result: T
    try {
      result = work()
    } catch (cause) {
      return Promise.reject(asStorageError(cause, operation))
    }
    const before = this.#last
    const commit = this.#commit?.()
    const answer = commit === undefined ? before.then(() => result) : before.then(() => commit).then(() => result)
    this.#last = commit === undefined ? answer : answer.catch(() => undefined)
    return answer
  }
}

function asStorageError(cause: unknown, operation: string): StorageError {
  if (cause instanceof StorageError) return cause
  const problem = `${operation} failed: ${cause instanceof Error ? cause.message : String(cause)}.`
  return new StorageError('internal', { problem, advice: 'This is a bug; please report it.', operation, cause })
}
