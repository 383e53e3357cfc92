/** The SQLite driver: node:sqlite in a worker thread, one file, group commit. */
export { createSqliteStorage, type SqliteStorageOptions } from './storage.ts'
