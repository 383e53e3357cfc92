/** Accounts and credentials in SQLite. */
import type { DatabaseSync } from 'node:sqlite'
import { type Jids, ownerText } from '../jids.ts'
import type { Value } from '../message.ts'
import { type Cell, type Command, command, type Query, query } from '../statement.ts'

/** Tables that can let go of everything an account owns in them. */
export interface Owned {
  forget(owner: number): void
}

export class AccountTables {
  readonly #jids: Jids
  readonly #find: Query
  readonly #credentials: Query
  readonly #add: Command
  readonly #addCredential: Command
  readonly #remove: Command
  readonly #first: Query
  readonly #next: Query
  readonly #count: Query
  /** Everything an account owns in tables that have its owner in each row. */
  readonly #owned: readonly Command[]
  readonly #others: readonly Owned[]
  readonly #removeCredentials: Command

  constructor(database: DatabaseSync, jids: Jids, others: readonly Owned[]) {
    this.#jids = jids
    this.#others = others
    this.#find = query(database, 'SELECT created, owner FROM account WHERE host = ? AND local = ?')
    this.#credentials = query(
      database,
      'SELECT mechanism, salt, iterations, stored_key, server_key FROM credential WHERE owner = ? ORDER BY position',
    )
    this.#add = command(database, 'INSERT INTO account (host, local, owner, created) VALUES (?, ?, ?, ?)')
    this.#addCredential = command(database, 'INSERT INTO credential VALUES (?, ?, ?, ?, ?, ?, ?)')
    this.#remove = command(database, 'DELETE FROM account WHERE host = ? AND local = ?')
    this.#first = query(database, 'SELECT local FROM account WHERE host = ? ORDER BY local LIMIT ?')
    this.#next = query(database, 'SELECT local FROM account WHERE host = ? AND local > ? ORDER BY local LIMIT ?')
    this.#count = query(database, 'SELECT count(*) FROM account WHERE host = ?')
    this.#removeCredentials = command(database, 'DELETE FROM credential WHERE owner = ?')
    this.#owned = [
      this.#removeCredentials,
      ...['roster', 'roster_item', 'roster_removed', 'offline_queue', 'offline_entry', 'document'].map((table) =>
        command(database, `DELETE FROM ${table} WHERE owner = ?`),
      ),
    ]
  }

  get(domain: string, local: string): Value {
    const found = this.#account(domain, local)
    if (found === undefined) return undefined
    const [created, owner] = found
    return [created!, ...this.#credentials.all(owner!).flat()]
  }

  create(domain: string, local: string, created: number, credentials: Cell[]): boolean {
    if (this.#account(domain, local) !== undefined) return false
    const owner = this.#jids.intern(ownerText(domain, local))
    this.#forget(local, owner)
    this.#add.run(this.#jids.intern(domain), local, owner, created)
    this.#putCredentials(owner, credentials)
    return true
  }

  setCredentials(domain: string, local: string, credentials: Cell[], expected: Cell[] | undefined): boolean {
    const owner = this.#account(domain, local)?.[1] as number | undefined
    if (owner === undefined) return false
    if (expected !== undefined && !sameCells(this.#credentials.all(owner).flat(), expected)) return false
    this.#removeCredentials.run(owner)
    this.#putCredentials(owner, credentials)
    return true
  }

  remove(domain: string, local: string): boolean {
    const owner = this.#jids.find(ownerText(domain, local))
    if (owner === undefined) return false
    this.#forget(local, owner)
    const host = this.#jids.find(domain)
    return host !== undefined && this.#remove.run(host, local).changes === 1
  }

  list(domain: string, after: string | undefined, limit: number): Value {
    const host = this.#jids.find(domain)
    if (host === undefined) return []
    return (after === undefined ? this.#first.all(host, limit) : this.#next.all(host, after, limit)).flat()
  }

  count(domain: string): Value {
    const host = this.#jids.find(domain)
    return host === undefined ? 0 : this.#count.get(host)![0]
  }

  #account(domain: string, local: string): Cell[] | undefined {
    const host = this.#jids.find(domain)
    return host === undefined ? undefined : this.#find.get(host, local)
  }

  #putCredentials(owner: number, cells: Cell[]): void {
    for (let i = 0; i < cells.length; i += 5)
      this.#addCredential.run(owner, i / 5, cells[i]!, cells[i + 1]!, cells[i + 2]!, cells[i + 3]!, cells[i + 4]!)
  }

  #forget(local: string, owner: number): void {
    if (local === '') return // '' owns the host's documents and is nobody's account
    for (const one of this.#owned) one.run(owner)
    for (const other of this.#others) other.forget(owner)
  }
}

function sameCells(a: readonly Cell[], b: readonly Cell[]): boolean {
  return a.length === b.length && a.every((cell, i) => sameCell(cell, b[i]!))
}

function sameCell(a: Cell, b: Cell): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) === 0 : a === b
}
