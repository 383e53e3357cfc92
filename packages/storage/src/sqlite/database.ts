/** Opens the database of a data folder: makes the folder, takes the lock, sets SQLite up, migrates. Synchronous: for the worker only. */
import { accessSync, closeSync, constants, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { WorkerSettings } from './message.ts'
import { migrate } from './migrations.ts'

export const DATABASE_FILE = 'rookery.db'

const SETTINGS = `
  -- One process at a time. The lock on the file belongs to the process, so kill -9 frees it; it also saves the shared-memory file and a
  -- few system calls per transaction. Set before anything touches the file. [SQLite: wal, "Use of WAL Without Shared-Memory"]
  PRAGMA locking_mode = EXCLUSIVE;
  -- For a new database: few messages are longer than a page, and fewer pages are fewer to look after.
  PRAGMA page_size = 8192;
  -- A commit appends to one file and syncs it once; after a crash a torn tail is recognised by its checksums and ignored.
  PRAGMA journal_mode = WAL;
  -- Sync at every commit, not only at checkpoints: what is acknowledged survives a power cut.
  PRAGMA synchronous = FULL;
  -- Pages in the WAL before they are copied into the database: 16 MiB, so that a page changed often is copied once. Measured for this
  -- schema: a quarter of it or five times as much make no difference in throughput beyond noise; more only makes pauses longer.
  PRAGMA wal_autocheckpoint = 2000;
  -- A WAL that once grew (a large transaction) shrinks to this afterwards.
  PRAGMA journal_size_limit = 67108864;
  -- Pages in memory: 16 MiB; the operating system has the others. SQLite goes through all of them after a commit that divided a page (the
  -- page is given a far number for a moment, and what is far is cleared from the cache), so 32 MiB are slower than 16.
  PRAGMA cache_size = -16384;
  -- Savepoints and sorting need no files.
  PRAGMA temp_store = MEMORY;
  -- A schema changed by somebody else shall not run functions.
  PRAGMA trusted_schema = OFF;
  -- What is removed is overwritten: otherwise the texts of erased accounts stay in the free space of the file. Measured: within noise.
  PRAGMA secure_delete = ON;
`

/** Milliseconds to wait for a predecessor that is just ending. */
const LOCK_PATIENCE = 500

export function openDatabase(settings: WorkerSettings, steps?: readonly string[]): DatabaseSync {
  const { folder, maxBytes } = settings
  const path = join(folder, DATABASE_FILE)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  createPrivately(path)
  accessSync(path, constants.R_OK | constants.W_OK) // SQLite would open it read-only and stumble later
  const database = new DatabaseSync(path, { timeout: LOCK_PATIENCE, enableForeignKeyConstraints: false })
  try {
    database.exec(SETTINGS)
    if (maxBytes !== undefined) database.exec(`PRAGMA max_page_count = ${pagesIn(maxBytes, database)}`)
    migrate(database, path, steps)
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

function pagesIn(bytes: number, database: DatabaseSync): number {
  const { page_size: size } = database.prepare('PRAGMA page_size').get() as { page_size: number }
  return Math.max(1, Math.floor(bytes / size))
}

/** Password keys are nobody else's business; the WAL takes the mode of the database file. Never opens a file that exists: closing it
 * again would drop the locks this process may hold on it. */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
