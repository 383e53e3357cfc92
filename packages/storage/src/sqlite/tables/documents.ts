/** Documents in SQLite. */
import type { DatabaseSync } from 'node:sqlite'
import { type Jids, ownerText } from '../jids.ts'
import type { Value } from '../message.ts'
import { type Command, command, pack, type Query, query, unpack } from '../statement.ts'

export class DocumentTable {
  readonly #jids: Jids
  readonly #get: Query
  readonly #put: Command
  readonly #remove: Command
  readonly #list: Query

  constructor(database: DatabaseSync, jids: Jids) {
    this.#jids = jids
    this.#get = query(database, 'SELECT value FROM document WHERE owner = ? AND key = ?')
    this.#put = command(database, 'INSERT OR REPLACE INTO document VALUES (?, ?, ?)')
    this.#remove = command(database, 'DELETE FROM document WHERE owner = ? AND key = ?')
    this.#list = query(database, 'SELECT key, octet_length(value) FROM document WHERE owner = ? ORDER BY key')
  }

  get(domain: string, owner: string, key: string): Value {
    const id = this.#jids.find(ownerText(domain, owner))
    const row = id === undefined ? undefined : this.#get.get(id, key)
    return row === undefined ? undefined : unpack(row[0]!)
  }

  put(domain: string, owner: string, key: string, value: string): undefined {
    this.#put.run(this.#jids.intern(ownerText(domain, owner)), key, pack(value))
  }

  remove(domain: string, owner: string, key: string): boolean {
    const id = this.#jids.find(ownerText(domain, owner))
    return id !== undefined && this.#remove.run(id, key).changes === 1
  }

  list(domain: string, owner: string): Value {
    const id = this.#jids.find(ownerText(domain, owner))
    return id === undefined ? [] : this.#list.all(id).flat()
  }
}
