/**
 * A store in the browser's database, for pages and workers. Each living client of an account has a table of its own, held by a Web Lock: a page
 * that is loaded again finds its own, two tabs never share one, and messages that a closed tab has left are taken over by the next.
 */
import { StoreError } from '../contract/errors.ts'
import type { Change, OpenStore, Store } from '../contract/store.ts'
import { memoryStore } from './memory.ts'
import { adopt, messagePrefix } from './rows.ts'

/** How long a page that is loaded again waits for the one before to let go of its table, in milliseconds. */
const patience = 1000

/** How long the database may take to open, in milliseconds. */
const openWithin = 10_000

/** How long a transaction is tried again, in milliseconds: the database may be deleted under it, and under the next, while somebody clears the browser's data. */
const tryFor = 5000

/** The pause before the second try, in milliseconds; it doubles up to the longest. */
const firstPause = 1
const longestPause = 256

/** So many tables a worker waits for at once. */
const mostAwaited = 8

/** `name`: of the database. Where the browser has none, or no locks (private windows of old ones, pages that are no secure context), nothing outlives the page. */
export function indexedDbStore(name = 'rookery'): OpenStore {
  let fallback: OpenStore | undefined
  return async (account) => {
    if (globalThis.indexedDB === undefined || globalThis.navigator?.locks === undefined)
      return (fallback ??= memoryStore())(account)
    const rows = new Rows(name)
    let taken: Slot | undefined
    try {
      taken = await takeSlot(rows, account)
      await rows.adopt(account, taken.slot)
      return new IndexedDbStore(rows, account, taken.slot, taken.release)
    } catch (error) {
      taken?.release()
      rows.close()
      throw storeError(error)
    }
  }
}

interface Slot {
  readonly slot: number
  release(): void
}

/** The table this tab had before, or else the lowest that nobody holds. */
async function takeSlot(rows: Rows, account: string): Promise<Slot> {
  const name = `${rows.name} ${account}`
  const memory = tabMemory()
  const last = Number(memory?.getItem(name) ?? -1)
  // a worker has no memory of its tab: one of those that are there may be what the worker of before is just letting go
  const own = memory === undefined ? (await rows.slots(account)).slice(0, mostAwaited) : last >= 0 ? [last] : []
  let taken = await firstFree(name, own, patience)
  for (let slot = 0; taken === undefined; slot++) taken = await firstFree(name, [slot], 0)
  try {
    memory?.setItem(name, String(taken.slot))
  } catch {
    // no room: after a reload it is the lowest that is free
  }
  return taken
}

/** The first of these that can be held within that time. */
function firstFree(name: string, slots: readonly number[], milliseconds: number): Promise<Slot | undefined> {
  return new Promise((resolve, reject) => {
    let waiting = slots.length
    let isTaken = false
    if (waiting === 0) resolve(undefined)
    for (const slot of slots)
      hold(`${name} ${slot}`, milliseconds).then((release) => {
        waiting--
        if (release === undefined) {
          if (waiting === 0) resolve(undefined)
        } else if (isTaken) release()
        else {
          isTaken = true
          resolve({ slot, release })
        }
      }, reject)
  })
}

/** What a tab keeps through a reload; a duplicated tab has a copy, and finds that its table is held. */
function tabMemory(): Storage | undefined {
  try {
    return globalThis.sessionStorage
  } catch {
    return undefined // pages without an origin may not
  }
}

/** What lets go of the lock; undefined when somebody else holds it for longer than that. */
function hold(name: string, milliseconds: number): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const how = milliseconds === 0 ? { ifAvailable: true } : { signal: AbortSignal.timeout(milliseconds) }
    navigator.locks
      .request(name, how, (lock) => (lock === null ? resolve(undefined) : new Promise<void>((done) => resolve(done))))
      .catch((error: unknown) =>
        milliseconds > 0 ? resolve(undefined) : reject(new StoreError('The browser gives no locks.', { cause: error })),
      )
  })
}

const tableName = 'rows'

/** The one table of the database: rows by account, slot and key. */
class Rows {
  readonly name: string
  #database: Promise<IDBDatabase> | undefined
  /** What is being written, and what was written since the first of that. */
  readonly #writes: { readonly changes: readonly Change[]; isKept: boolean }[] = []
  /** So many are tried again now. */
  #failing = 0
  /** When the one before is settled. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(name: string) {
    this.name = name
  }

  close(): void {
    this.#database?.then((database) => database.close()).catch(() => undefined)
    this.#database = undefined
  }

  /** The slots of an account that have rows, in order. */
  async slots(account: string): Promise<number[]> {
    let keys: IDBRequest | undefined
    await this.#run('readonly', (table) => {
      keys = table.getAllKeys(IDBKeyRange.bound([account], [account, []]))
    })
    return [...new Set((keys!.result as [string, number, string][]).map(([, slot]) => slot))]
  }

  async read(account: string, slot: number): Promise<[string, string][]> {
    const range = rangeOf(account, slot)
    let keys: IDBRequest | undefined
    let values: IDBRequest | undefined
    await this.#run('readonly', (table) => {
      keys = table.getAllKeys(range)
      values = table.getAll(range)
    })
    return (keys!.result as [string, number, string][]).map(([, , key], index) => [key, values!.result[index]])
  }

  /** Resolves when the transaction is complete: what is in it survives the end of the process. */
  async write(account: string, slot: number, changes: readonly Change[]): Promise<undefined> {
    const own = { changes, isKept: false }
    this.#writes.push(own)
    try {
      await this.#run('readwrite', (table) => {
        // one that was aborted alone is tried again when those behind it are kept
        const later = new Set<string>()
        for (const { changes } of this.#writes.slice(this.#writes.indexOf(own) + 1))
          for (const [key] of changes) later.add(key)
        for (const [key, value] of changes) {
          if (later.has(key)) continue
          if (value === undefined) table.delete([account, slot, key])
          else table.put(value, [account, slot, key])
        }
      })
      own.isKept = true
    } catch (error) {
      this.#writes.splice(this.#writes.indexOf(own), 1)
      throw error
    } finally {
      while (this.#writes[0]?.isKept) this.#writes.shift()
    }
  }

  /** Takes over the messages that lie in slots that nobody holds. What else is there its tab may come back for, when the browser is started again. */
  async adopt(account: string, own: number): Promise<void> {
    for (const other of await this.slots(account)) {
      if (other === own) continue
      const release = await hold(`${this.name} ${account} ${other}`, 0)
      if (release === undefined) continue
      try {
        const abandoned = await this.read(account, other)
        const changes = adopt(await this.read(account, own), abandoned)
        if (changes.length === 0) continue
        await this.#run('readwrite', (table) => {
          for (const [key, value] of changes) table.put(value, [account, own, key])
          for (const [key] of abandoned) if (key.startsWith(messagePrefix)) table.delete([account, other, key])
        }).catch(() => undefined) // no room: they stay where they are, for the next one
      } finally {
        release()
      }
    }
  }

  /** In order: what comes behind one that must be tried again waits, since what is written last is what stays. */
  #run(mode: IDBTransactionMode, use: (table: IDBObjectStore) => void): Promise<undefined> {
    const running = this.#settle(mode, use, this.#last)
    this.#last = running.catch(() => undefined)
    return running
  }

  async #settle(
    mode: IDBTransactionMode,
    use: (table: IDBObjectStore) => void,
    before: Promise<unknown>,
  ): Promise<undefined> {
    const start = performance.now()
    let hasFailed = false
    try {
      for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
        if (this.#failing > 0) await before
        const opened = (this.#database ??= openDatabase(this.name, () => this.close()))
        try {
          return await transact(await opened, mode, use)
        } catch (error) {
          if (error instanceof StoreError) throw error
          // it was deleted, or lost (in Safari, when a page was long in the background), or did not open: the next try, now or later, opens it again
          if (this.#database === opened) this.close()
          if (isLasting(error) || performance.now() - start > tryFor) throw storeError(error)
          if (!hasFailed) this.#failing++
          hasFailed = true
          await new Promise((resolve) => setTimeout(resolve, pause))
        }
      }
    } finally {
      if (hasFailed) this.#failing--
    }
  }
}

function transact(
  database: IDBDatabase,
  mode: IDBTransactionMode,
  use: (table: IDBObjectStore) => void,
): Promise<undefined> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(tableName, mode)
    // Chromium that closes a database whose data are deleted may tell its transactions nothing
    database.addEventListener('close', reject)
    const ends = (how: () => void) => () => {
      database.removeEventListener('close', reject)
      how()
    }
    transaction.oncomplete = ends(() => resolve(undefined))
    transaction.onabort = ends(() => reject(transaction.error))
    use(transaction.objectStore(tableName))
    // at once: it needs this page no more, which may go, hang or be frozen before it hears how each of them ended
    transaction.commit()
  })
}

function rangeOf(account: string, slot: number): IDBKeyRange {
  return IDBKeyRange.bound([account, slot], [account, slot, []]) // an array is behind every text
}

/** `late`: called where it opens after all, or never will. `version`: unless told, whichever it has, since another page may have later code. */
function openDatabase(name: string, late: () => void, version?: number): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version)
    let isLate = false
    // where it is to be deleted, and somebody does not let go of it, it may take for ever
    const timer = setTimeout(() => {
      isLate = true
      reject(new StoreError('The database of the browser does not open: another page of this site holds it.'))
    }, openWithin)
    request.onupgradeneeded = () => request.result.createObjectStore(tableName)
    request.onsuccess = () => {
      clearTimeout(timer)
      const database = request.result
      database.onversionchange = () => database.close() // somebody deletes it
      if (database.objectStoreNames.contains(tableName) && !isLate) return resolve(database)
      database.close()
      if (isLate) return late()
      // made by others, or by a browser that did no more (Safari, at times)
      openDatabase(name, late, database.version + 1).then(resolve, reject)
    }
    request.onerror = () => {
      clearTimeout(timer)
      if (isLate) late()
      reject(request.error)
    }
  })
}

function isFull(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'QuotaExceededError'
}

/** What no further try changes: no room, or no permission. */
function isLasting(cause: unknown): boolean {
  return isFull(cause) || (cause instanceof Error && cause.name === 'SecurityError')
}

function storeError(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause
  const text = isFull(cause)
    ? 'The browser has no room left for this site.'
    : 'The database of the browser cannot be used.'
  return new StoreError(text, { cause })
}

class IndexedDbStore implements Store {
  readonly #rows: Rows
  readonly #account: string
  readonly #slot: number
  readonly #release: () => void
  /** Written in this turn, in order; and the promise of all of it. */
  #waiting: Change[] = []
  #flushing: Promise<undefined> | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(rows: Rows, account: string, slot: number, release: () => void) {
    this.#rows = rows
    this.#account = account
    this.#slot = slot
    this.#release = release
  }

  read(): Promise<[string, string][]> {
    return this.#rows.read(this.#account, this.#slot)
  }

  write(changes: readonly Change[]): Promise<undefined> {
    this.#waiting.push(...changes)
    return (this.#flushing ??= Promise.resolve().then(() => {
      const all = this.#waiting
      this.#waiting = []
      this.#flushing = undefined
      const writing = this.#rows.write(this.#account, this.#slot, all)
      this.#last = writing.catch(() => undefined)
      return writing
    }))
  }

  /** After what was written. */
  async close(): Promise<undefined> {
    await this.#flushing?.catch(() => undefined)
    await this.#last
    this.#rows.close()
    this.#release()
  }
}
