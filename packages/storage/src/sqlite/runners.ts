/** Which method of which table runs which operation; the compiler sees that none is missing. */
import type { DatabaseSync } from 'node:sqlite'
import type { Jids } from './jids.ts'
import { OPERATIONS, type Operation, type Value } from './message.ts'
import { AccountTables } from './tables/accounts.ts'
import { DocumentTable } from './tables/documents.ts'
import { OfflineTables } from './tables/offline.ts'
import { RosterTables } from './tables/roster.ts'

/** Runs one operation inside the transaction of its group. */
export interface Runner {
  /** How many arguments it takes from the group. */
  readonly arity: number
  /** Arguments beyond the arity are ignored. */
  readonly run: (...args: Value[]) => Value
}

/** By operation code. */
export function createRunners(database: DatabaseSync, jids: Jids): readonly Runner[] {
  const accounts = new AccountTables(database, jids)
  const roster = new RosterTables(database, jids)
  const offline = new OfflineTables(database, jids)
  const documents = new DocumentTable(database, jids)
  const runners: Record<Operation, Runner> = {
    'accounts.get': runner(accounts, accounts.get),
    'accounts.create': runner(accounts, accounts.create),
    'accounts.setCredentials': runner(accounts, accounts.setCredentials),
    'accounts.remove': runner(accounts, accounts.remove),
    'accounts.list': runner(accounts, accounts.list),
    'accounts.count': runner(accounts, accounts.count),
    'roster.load': runner(roster, roster.load),
    'roster.put': runner(roster, roster.put),
    'roster.remove': runner(roster, roster.remove),
    'roster.changesSince': runner(roster, roster.changesSince),
    'offline.append': runner(offline, offline.append),
    'offline.read': runner(offline, offline.read),
    'offline.removeThrough': runner(offline, offline.removeThrough),
    'offline.size': runner(offline, offline.size),
    'documents.get': runner(documents, documents.get),
    'documents.put': runner(documents, documents.put),
    'documents.remove': runner(documents, documents.remove),
    'documents.list': runner(documents, documents.list),
  }
  return OPERATIONS.map((operation) => runners[operation])
}

/** The arguments crossed a message, where types end; the method's own are the ones `stores.ts` sends. */
function runner<T, A extends never[]>(table: T, method: (this: T, ...args: A) => Value): Runner {
  return {
    arity: method.length,
    run: (method as (...args: never[]) => Value).bind(table) as (...args: Value[]) => Value,
  }
}
