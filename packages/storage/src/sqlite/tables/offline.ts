/** Offline queues in SQLite. */
import type { DatabaseSync } from 'node:sqlite'
import { type Jids, ownerText } from '../jids.ts'
import type { Value } from '../message.ts'
import { type Command, command, pack, packedBytes, type Query, query, unpack } from '../statement.ts'

export class OfflineTables {
  readonly #jids: Jids
  readonly #grow: Command
  readonly #shrink: Command
  readonly #add: Command
  readonly #has: Query
  readonly #read: Query
  readonly #remove: Query
  readonly #last: Query
  readonly #size: Query

  constructor(database: DatabaseSync, jids: Jids) {
    this.#jids = jids
    this.#grow = command(
      database,
      `INSERT INTO offline_queue VALUES (?1, 1, ?2)
       ON CONFLICT DO UPDATE SET count = count + 1, bytes = bytes + ?2
         WHERE count + 1 <= ?3 AND bytes + ?2 <= ?4
`,
    )
    this.#shrink = command(database, 'UPDATE offline_queue SET count = count - ?2, bytes = bytes - ?3 WHERE owner = ?1')
    this.#add = command(database, 'INSERT INTO offline_entry (id, owner, at, stanza) VALUES (?, ?, ?, ?)')
    this.#has = query(database, 'SELECT 1 FROM offline_entry WHERE id = ? AND owner = ?')
    this.#last = query(database, 'SELECT max(id) FROM offline_entry')
    this.#read = query(
      database,
      'SELECT id, at, stanza FROM offline_entry WHERE owner = ? AND id > ? ORDER BY id LIMIT ?',
    )
    this.#remove = query(
      database,
      'DELETE FROM offline_entry WHERE id = ? AND owner = ? RETURNING octet_length(stanza)',
    )
    this.#size = query(database, 'SELECT count, bytes FROM offline_queue WHERE owner = ?')
  }

  lastId(_domain: string): Value {
    return this.#last.get()?.[0] ?? 0
  }

  append(
    domain: string,
    local: string,
    id: number,
    stanza: string,
    at: number,
    maxCount: number,
    maxBytes: number,
  ): boolean {
    const packed = pack(stanza)
    const bytes = packedBytes(packed)
    if (maxCount < 1 || bytes > maxBytes) return false
    const owner = this.#jids.intern(ownerText(domain, local))
    if (this.#has.get(id, owner) !== undefined) return true
    if (this.#grow.run(owner, bytes, maxCount, maxBytes).changes === 0) return false
    this.#add.run(id, owner, at, packed)
    return true
  }

  read(domain: string, local: string, after: number, limit: number): Value {
    const owner = this.#jids.find(ownerText(domain, local))
    if (owner === undefined) return []
    const cells: Value[] = []
    for (const [id, at, stanza] of this.#read.all(owner, after, limit)) cells.push(id!, at!, unpack(stanza!))
    return cells
  }

  remove(domain: string, local: string, ids: readonly number[]): undefined {
    const owner = ids.length === 0 ? undefined : this.#jids.find(ownerText(domain, local))
    if (owner === undefined) return
    let count = 0
    let bytes = 0
    for (const id of ids) {
      const removed = this.#remove.get(id, owner)
      if (removed === undefined) continue
      count++
      bytes += removed[0] as number
    }
    if (count > 0) this.#shrink.run(owner, count, bytes)
  }

  size(domain: string, local: string): Value {
    const owner = this.#jids.find(ownerText(domain, local))
    return (owner === undefined ? undefined : this.#size.get(owner)) ?? [0, 0]
  }
}
