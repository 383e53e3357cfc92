/** Puts what SQLite and the file system say into words for the person who runs the server. */
import { StorageError, type StorageErrorKind } from '../error.ts'
import type { Failure } from './message.ts'

type Words = readonly [kind: StorageErrorKind, problem: (folder: string) => string, advice: string]

const CORRUPT: Words = [
  'corrupt',
  (folder) => `The database in ${folder} is damaged, or not a database.`,
  'Stop the server, keep a copy of the folder, and restore a backup (or try the .recover command of the sqlite3 tool on the copy).',
]
const FULL: Words = [
  'full',
  (folder) => `There is no room left for the database in ${folder}.`,
  'Make room on that disk, or raise the size limit; nothing acknowledged is lost.',
]
const ACCESS: Words = [
  'access',
  (folder) => `The folder ${folder} or the database in it cannot be read and written.`,
  'Make it readable and writable for the user the server runs as, or name another data folder.',
]
const LOCKED: Words = [
  'locked',
  (folder) => `The folder ${folder} is in use by another process.`,
  'Stop that process (`fuser -v` on the files in the folder shows it), or give this one another data folder.',
]
const IO: Words = [
  'io',
  (folder) => `The disk refused to read or write in ${folder}.`,
  'Look into the system log for disk errors and limits; nothing acknowledged is lost.',
]
const INVALID: Words = ['invalid', () => 'A value cannot be stored.', 'This is a bug of the caller; please report it.']
const INTERNAL: Words = [
  'internal',
  (folder) => `The database in ${folder} failed.`,
  'This is a bug; please report it.',
]

/** Primary result codes [SQLite: rescode]. */
const SQLITE_WORDS = new Map<number, readonly [name: string, words: Words]>([
  [3, ['SQLITE_PERM', ACCESS]],
  [5, ['SQLITE_BUSY', LOCKED]],
  [6, ['SQLITE_LOCKED', LOCKED]],
  [8, ['SQLITE_READONLY', ACCESS]],
  [10, ['SQLITE_IOERR', IO]],
  [11, ['SQLITE_CORRUPT', CORRUPT]],
  [13, ['SQLITE_FULL', FULL]],
  [14, ['SQLITE_CANTOPEN', ACCESS]],
  [15, ['SQLITE_PROTOCOL', LOCKED]],
  [18, ['SQLITE_TOOBIG', INVALID]],
  [19, ['SQLITE_CONSTRAINT', INVALID]],
  [20, ['SQLITE_MISMATCH', INVALID]],
  [26, ['SQLITE_NOTADB', CORRUPT]],
])

const SYSTEM_WORDS = new Map<string, Words>([
  ['ENOSPC', FULL],
  ['EDQUOT', FULL],
  ['EACCES', ACCESS],
  ['EPERM', ACCESS],
  ['EROFS', ACCESS],
  ['ENOENT', ACCESS],
  ['ENOTDIR', ACCESS],
  ['EEXIST', ACCESS],
  ['EISDIR', ACCESS],
  ['EIO', IO],
])

export function toFailure(error: unknown, folder: string): Failure {
  if (error instanceof StorageError) {
    const { kind, problem, advice, path, code, cause } = error
    return { kind, problem, advice, path, code, cause }
  }
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  const sqlite = typeof errcode === 'number' ? SQLITE_WORDS.get(errcode & 0xff) : undefined
  const system = typeof code === 'string' ? SYSTEM_WORDS.get(code) : undefined
  const [kind, problem, advice] = sqlite?.[1] ?? system ?? INTERNAL
  const detail = error instanceof Error ? ` (${error.message})` : ''
  const name = sqlite?.[0] ?? (typeof code === 'string' ? code : undefined)
  return { kind, problem: problem(folder) + detail, advice, path: folder, code: name, cause: error }
}
