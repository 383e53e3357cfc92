/** Which method of which table runs which operation; the compiler sees that none is missing. */
import type { DatabaseSync } from 'node:sqlite'
import type { Jids } from './jids.ts'
import type { Journal } from './journal.ts'
import { OPERATIONS, type Operation, type Value } from './message.ts'
import { AccountTables } from './tables/accounts.ts'
import { ArchiveTables } from './tables/archive.ts'
import { ArchiveMessages } from './tables/archive-messages.ts'
import { ArchivePages } from './tables/archive-pages.ts'
import { ArchiveTrim } from './tables/archive-trim.ts'
import { DocumentTable } from './tables/documents.ts'
import { OfflineTables } from './tables/offline.ts'
import { ResumptionTables } from './tables/resumption.ts'
import { RosterTables } from './tables/roster.ts'

/** Runs one operation inside the transaction of its group. */
export interface Runner {
  /** How many arguments it takes from the group. */
  readonly arity: number
  /** Changes nothing. */
  readonly isRead: boolean
  /** Arguments beyond the arity are ignored. */
  readonly run: (...args: Value[]) => Value
}

/** By operation code. */
export function createRunners(
  database: DatabaseSync,
  jids: Jids,
  journal: Journal,
  archiveTail?: number,
): readonly Runner[] {
  const messages = new ArchiveMessages(database, jids, journal, archiveTail)
  const archive = new ArchiveTables(messages)
  const pages = new ArchivePages(database, messages)
  const trim = new ArchiveTrim(database, jids, messages)
  const offline = new OfflineTables(database, jids)
  const resumption = new ResumptionTables(database, jids, offline)
  const accounts = new AccountTables(database, jids, [messages, resumption])
  const roster = new RosterTables(database, jids)
  const documents = new DocumentTable(database, jids)
  const runners: Record<Operation, Runner> = {
    'accounts.get': read(accounts, accounts.get),
    'accounts.create': write(accounts, accounts.create),
    'accounts.setCredentials': write(accounts, accounts.setCredentials),
    'accounts.remove': write(accounts, accounts.remove),
    'accounts.list': read(accounts, accounts.list),
    'accounts.count': read(accounts, accounts.count),
    'roster.load': read(roster, roster.load),
    'roster.put': write(roster, roster.put),
    'roster.remove': write(roster, roster.remove),
    'roster.changesSince': read(roster, roster.changesSince),
    'offline.append': write(offline, offline.append),
    'offline.read': read(offline, offline.read),
    'offline.remove': write(offline, offline.remove),
    'offline.lastId': read(offline, offline.lastId),
    'offline.size': read(offline, offline.size),
    'documents.get': read(documents, documents.get),
    'documents.put': write(documents, documents.put),
    'documents.remove': write(documents, documents.remove),
    'documents.list': read(documents, documents.list),
    'archive.lastId': read(archive, archive.lastId),
    'archive.append': write(archive, archive.append),
    'archive.page': read(pages, pages.page),
    'archive.count': read(pages, pages.count),
    'archive.has': read(archive, archive.has),
    'archive.find': read(archive, archive.find),
    'archive.replace': write(archive, archive.replace),
    'archive.bounds': read(archive, archive.bounds),
    'archive.trim': write(trim, trim.trim),
    'archive.indexWords': write(pages, pages.indexWords),
    'archive.sweep': write(trim, trim.sweep),
    'resumption.put': write(resumption, resumption.put),
    'resumption.setHandled': write(resumption, resumption.setHandled),
    'resumption.setReached': write(resumption, resumption.setReached),
    'resumption.reached': read(resumption, resumption.reached),
    'resumption.enqueue': write(resumption, resumption.enqueue),
    'resumption.acknowledge': write(resumption, resumption.acknowledge),
    'resumption.removeFrom': write(resumption, resumption.removeFrom),
    'resumption.queue': read(resumption, resumption.queue),
    'resumption.get': read(resumption, resumption.get),
    'resumption.remove': write(resumption, resumption.remove),
    'resumption.list': read(resumption, resumption.list),
  }
  return OPERATIONS.map((operation) => runners[operation])
}

type Method<T, A extends never[]> = (this: T, ...args: A) => Value

function read<T, A extends never[]>(table: T, method: Method<T, A>): Runner {
  return { arity: method.length, isRead: true, run: bound(table, method) }
}

function write<T, A extends never[]>(table: T, method: Method<T, A>): Runner {
  return { arity: method.length, isRead: false, run: bound(table, method) }
}

/** The arguments crossed a message, where types end; the method's own are the ones `stores.ts` sends. */
function bound<T, A extends never[]>(table: T, method: Method<T, A>): (...args: Value[]) => Value {
  return (method as (...args: never[]) => Value).bind(table) as (...args: Value[]) => Value
}
