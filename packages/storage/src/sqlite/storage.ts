/** The SQLite driver as the server sees it: starts the worker, hands out the stores, closes. The work is in `worker.ts`. */
import type { HostStorage, Storage } from '../contracts.ts'
import { closedError, type StorageError } from '../error.ts'
import { sweepArchives } from './archive-store.ts'
import type { QueueLimit } from './commit-queue.ts'
import { Connection } from './connection.ts'
import type { Value } from './message.ts'
import { hostStores } from './stores.ts'

export interface SqliteStorageOptions {
  /** Data folder; made with mode 0700 if it is missing. One process at a time. */
  readonly folder: string
  /** What may wait to be committed; default 100,000 operations, 64 MiB. */
  readonly queue?: QueueLimit
  /** The database file may not grow beyond this; default: as large as the disk allows. */
  readonly maxBytes?: number
  /**
   * Of so many of the newest archived messages memory holds where they belong, some 200 bytes each, before that is written to the indexes;
   * default 32,768. More makes archiving cheaper, and a start after a crash slower.
   */
  readonly archiveTail?: number
  /** The worker died; everything fails from now on. The process should restart. */
  readonly onFailure?: (error: StorageError) => void
}

/** Sends one operation to the worker that is open now. */
export type Submit = <T>(code: number, args: readonly Value[], decode: (value: Value) => T) => Promise<T>

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
      host = hostStores(domain, this.#submit)
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
    void sweepArchives(this.#submit)
  }

  readonly #submit: Submit = (code, args, decode) => {
    const connection = this.#connection
    return connection === undefined ? Promise.reject(closedError()) : connection.queue.submit(code, args, decode)
  }

  readonly #disconnect = (): Promise<void> | undefined => {
    const connection = this.#connection
    this.#connection = undefined
    return connection?.close()
  }
}
