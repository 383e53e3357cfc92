/**
 * What the main thread and the worker say to each other. Flat arrays, because the structured clone of objects costs most of a small
 * operation. Groups go in, answers come out in the same order; so nothing needs a number.
 */
import type { StorageErrorKind } from '../error.ts'

/** Every operation; its position is its code in a group. */
export const OPERATIONS = [
  'accounts.get',
  'accounts.create',
  'accounts.setCredentials',
  'accounts.remove',
  'accounts.list',
  'accounts.count',
  'roster.load',
  'roster.put',
  'roster.remove',
  'roster.changesSince',
  'offline.append',
  'offline.read',
  'offline.remove',
  'offline.lastId',
  'offline.size',
  'documents.get',
  'documents.put',
  'documents.remove',
  'documents.list',
  'archive.lastId',
  'archive.append',
  'archive.page',
  'archive.count',
  'archive.has',
  'archive.find',
  'archive.replace',
  'archive.bounds',
  'archive.trim',
  'archive.indexWords',
  'archive.sweep',
  'resumption.put',
  'resumption.setHandled',
  'resumption.setReached',
  'resumption.reached',
  'resumption.enqueue',
  'resumption.acknowledge',
  'resumption.removeFrom',
  'resumption.queue',
  'resumption.get',
  'resumption.remove',
  'resumption.list',
] as const

export type Operation = (typeof OPERATIONS)[number]

/** An argument or a result. */
export type Value = undefined | null | boolean | number | string | Uint8Array | Value[]

/** Operations one after another: code, domain, arguments (as many as the operation takes), code, domain, … */
export type Group = Value[]

/** A StorageError that can be posted. */
export interface Failure {
  readonly kind: StorageErrorKind
  readonly problem: string
  readonly advice: string
  readonly path?: string | undefined
  readonly code?: string | undefined
  readonly cause?: unknown
}

/** To the worker: a group, or 'close' after the last one. */
export type Request = Group | 'close'

/**
 * From the worker. Once: `[0]` opened, or `[1, why not]`; then for each transaction `[2, results, failed]`: results in order, and by
 * position among them the operations that failed alone; or `[3, how many operations, why]`: the whole transaction failed. At last `[4]`
 * or `[1, why]`.
 */
export type Answer =
  | [typeof OPENED]
  | [typeof REFUSED, Failure]
  | [typeof COMMITTED, Value[], [position: number, Failure][] | undefined]
  | [typeof FAILED, number, Failure]
  | [typeof CLOSED]

export const OPENED = 0
export const REFUSED = 1
export const COMMITTED = 2
export const FAILED = 3
export const CLOSED = 4

/** The booleans of a roster item, in one number. */
export const LISTED = 1
export const ASK = 2
export const APPROVED = 4

/** What is posted of an archive's filter. A peer is a full JID if it has a resource. */
export type FilterCells = [
  peer: string | undefined,
  start: number | undefined,
  end: number | undefined,
  after: number | undefined,
  before: number | undefined,
  ids: number[] | undefined,
  phrases: string[][] | undefined,
]

/** How the reading of a page ended: the rest has not been looked at, or another message matches, or no other does. */
export const UNFINISHED = 0
export const MORE = 1
export const COMPLETE = 2

/** What the worker is started with. */
export interface WorkerSettings {
  readonly folder: string
  /** The database file may not grow beyond this. */
  readonly maxBytes: number | undefined
  /** See `SqliteStorageOptions`. */
  readonly archiveTail?: number | undefined
}
