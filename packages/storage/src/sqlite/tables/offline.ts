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
  readonly #read: Query
  readonly #remove: Query
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
    this.#add = command(database, 'INSERT INTO offline_entry (owner, at, stanza) VALUES (?, ?, ?)')
    this.#read = query(
      database,
      'SELECT seq, at, stanza FROM offline_entry WHERE owner = ? AND seq > ? ORDER BY seq LIMIT ?',
    )
    this.#remove = query(
      database,
      'DELETE FROM offline_entry WHERE owner = ? AND seq <= ? RETURNING octet_length(stanza)',
    )
    this.#size = query(database, 'SELECT count, bytes FROM offline_queue WHERE owner = ?')
  }

  append(domain: string, local: string, stanza: string, at: number, maxCount: number, maxBytes: number): boolean {
    const packed = pack(stanza)
    const bytes = packedBytes(packed)
    if (maxCount < 1 || bytes > maxBytes) return false
    const owner = this.#jids.intern(ownerText(domain, local))
    if (this.#grow.run(owner, bytes, maxCount, maxBytes).changes === 0) return false
    this.#add.run(owner, at, packed)
    return true
  }

  read(domain: string, local: string, after: number, limit: number): Value {
    const owner = this.#jids.find(ownerText(domain, local))
    if (owner === undefined) return []
    const cells: Value[] = []
    for (const [seq, at, stanza] of this.#read.all(owner, after, limit)) cells.push(seq!, at!, unpack(stanza!))
    return cells
  }

  removeThrough(domain: string, local: string, seq: number): Value {
    const owner = this.#jids.find(ownerText(domain, local))
    if (owner === undefined) return undefined
    const removed = this.#remove.all(owner, seq)
    if (removed.length === 0) return undefined
    const bytes = removed.reduce((sum, [size]) => sum + (size as number), 0)
    this.#shrink.run(owner, removed.length, bytes)
    return undefined
  }

  size(domain: string, local: string): Value {
    const owner = this.#jids.find(ownerText(domain, local))
    return (owner === undefined ? undefined : this.#size.get(owner)) ?? [0, 0]
  }
}
