/** The one error every driver rejects with: what happened, where, why, and what a person should do next. */

export type StorageErrorKind =
  /** Too much is waiting to be committed; nothing of this operation was done. Slow down and try again. */
  | 'overloaded'
  /** Not opened yet, or closed already. */
  | 'closed'
  /** The driver broke for good (its worker died); the process should restart. */
  | 'failed'
  /** Another process uses the same data. */
  | 'locked'
  /** The data on disk is not a database, or damaged. */
  | 'corrupt'
  /** The disk, or a size limit, is full. */
  | 'full'
  /** The folder or file cannot be created, read or written. */
  | 'access'
  /** The data was written by a newer version. */
  | 'schema'
  /** Reading or writing the disk failed. */
  | 'io'
  /** The caller passed something that cannot be stored. */
  | 'invalid'
  /** Anything else; a bug. */
  | 'internal'

/** Everything a StorageError knows besides its kind. */
export interface StorageErrorFacts {
  /** What happened, one sentence without advice. */
  readonly problem: string
  /** What to do next, one sentence for the person who runs the server. */
  readonly advice: string
  /** The file or folder concerned. */
  readonly path?: string | undefined
  /** The operation that failed: 'offline.append'. */
  readonly operation?: string | undefined
  /** The code of the layer below: 'ENOSPC', 'SQLITE_FULL'. */
  readonly code?: string | undefined
  readonly cause?: unknown
}

export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly kind: StorageErrorKind
  readonly problem: string
  readonly advice: string
  readonly path: string | undefined
  readonly operation: string | undefined
  readonly code: string | undefined

  constructor(kind: StorageErrorKind, facts: StorageErrorFacts) {
    super(`${facts.problem} ${facts.advice}`, { cause: facts.cause })
    this.kind = kind
    this.problem = facts.problem
    this.advice = facts.advice
    this.path = facts.path
    this.operation = facts.operation
    this.code = facts.code
  }
}

/** The answer to every call on a storage that is not open. */
export function closedError(operation?: string): StorageError {
  return new StorageError('closed', {
    problem: 'The storage is not open.',
    advice: 'Call open() first, and nothing after close().',
    operation,
  })
}

/** The answer to an archive id that does not grow. */
export function idTaken(id: number, last: number): StorageError {
  return new StorageError('invalid', {
    problem: `A message cannot be archived under the id ${id}: ids are whole numbers that grow, and the last one was ${last}.`,
    advice: 'This is a bug of the caller; please report it.',
  })
}
