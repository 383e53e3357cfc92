/** The SQLite driver as the server sees it: starts the worker, hands out the stores, closes. The work is in `worker.ts`. */
import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { HostStorage, Storage } from '../contracts.ts'
import { closedError, StorageError } from '../error.ts'
import { CommitQueue, type QueueLimit } from './commit-queue.ts'
import { type Answer, CLOSED, type Failure, OPENED, REFUSED, type Value, type WorkerSettings } from './message.ts'
import { hostStores } from './stores.ts'

export interface SqliteStorageOptions {
  /** Data folder; made with mode 0700 if it is missing. One process at a time. */
  readonly folder: string
  /** What may wait to be committed; default 100,000 operations, 64 MiB. */
  readonly queue?: QueueLimit
  /** The database file may not grow beyond this; default: as large as the disk allows. */
  readonly maxBytes?: number
  /** The worker died; everything fails from now on. The process should restart. */
  readonly onFailure?: (error: StorageError) => void
}

/** Sends one operation to the worker that is open now. */
export type Submit = <T>(code: number, args: readonly Value[], decode: (value: Value) => T) => Promise<T>

const QUEUE_LIMIT: QueueLimit = { count: 100_000, bytes: 64 * 1024 * 1024 }

export function createSqliteStorage(options: SqliteStorageOptions): Storage {
  return new SqliteStorage(options)
}

class SqliteStorage implements Storage {
  readonly #options: SqliteStorageOptions
  readonly #hosts = new Map<string, HostStorage>()
  #connection: Connection | undefined
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(options: SqliteStorageOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    await this.#closing?.catch(() => undefined)
    this.#opening ??= this.#connect()
    return this.#opening
  }

  async close(): Promise<void> {
    const opening = this.#opening
    if (opening !== undefined) {
      this.#opening = undefined
      this.#closing =
        this.#connection === undefined ? opening.then(this.#disconnect, () => undefined) : this.#disconnect()
    }
    return this.#closing
  }

  host(domain: string): HostStorage {
    let host = this.#hosts.get(domain)
    if (host === undefined) {
      host = hostStores(domain, (code, args, decode) => {
        const connection = this.#connection
        return connection === undefined ? Promise.reject(closedError()) : connection.queue.submit(code, args, decode)
      })
      this.#hosts.set(domain, host)
    }
    return host
  }

  async #connect(): Promise<void> {
    const connection = new Connection(this.#options)
    try {
      await connection.opened
    } catch (error) {
      this.#opening = undefined
      throw error
    }
    this.#connection = connection
  }

  readonly #disconnect = (): Promise<void> | undefined => {
    const connection = this.#connection
    this.#connection = undefined
    return connection?.close()
  }
}

/** One worker, from its start to its end. */
class Connection {
  readonly queue: CommitQueue
  readonly opened: Promise<void>
  readonly #worker: Worker
  readonly #ended = Promise.withResolvers<void>()
  #closing: Promise<void> | undefined

  constructor({ folder, queue = QUEUE_LIMIT, maxBytes, onFailure }: SqliteStorageOptions) {
    const settings: WorkerSettings = { folder: resolve(folder), maxBytes }
    // The sources run unbuilt; in a built package the worker is JavaScript like this file.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: settings,
      execArgv: [],
      name: 'rookery-sqlite',
    })
    this.#worker = worker
    this.queue = new CommitQueue(queue, (request) => worker.postMessage(request))
    const opening = Promise.withResolvers<void>()
    this.opened = opening.promise
    let isOpen = false
    let isOver = false
    const end = (failure: Failure): void => {
      if (isOver) return
      isOver = true
      const error = new StorageError(failure.kind, failure)
      this.queue.fail(failure)
      opening.reject(error)
      if (this.#closing === undefined) this.#ended.resolve()
      else this.#ended.reject(error)
      if (isOpen && this.#closing === undefined) onFailure?.(error)
    }
    worker.on('message', (answer: Answer) => {
      switch (answer[0]) {
        case OPENED:
          isOpen = true
          return opening.resolve()
        case REFUSED:
          return end(answer[1])
        case CLOSED:
          isOver = true
          return this.#ended.resolve()
        default:
          return this.queue.settle(answer)
      }
    })
    worker.on('error', (cause) => end(workerDied(settings.folder, cause)))
    worker.on('messageerror', (cause) => end(workerDied(settings.folder, cause)))
    worker.on('exit', (code) => end(workerDied(settings.folder, new Error(`The worker ended with code ${code}.`))))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.queue.close(closedError())
    try {
      await this.#ended.promise
    } finally {
      await this.#worker.terminate()
    }
  }
}

function workerDied(folder: string, cause: unknown): Failure {
  return {
    kind: 'failed',
    problem: `The storage worker for ${folder} died: ${cause instanceof Error ? cause.message : String(cause)}`,
    advice:
      'Restart the server; everything acknowledged is on disk. If it happens again, please report it with the cause.',
    path: folder,
    cause,
  }
}
