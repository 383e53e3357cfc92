/** Resumable sessions and their queues in SQLite. */
import type { DatabaseSync } from 'node:sqlite'
import { type Jids, ownerText } from '../jids.ts'
import type { Value } from '../message.ts'
import { type Cell, type Command, command, pack, type Query, query, unpack } from '../statement.ts'
import type { Owned } from './accounts.ts'

const SESSION = `
  SELECT id, local, resource, handled, acknowledged, until, state
  FROM resumption JOIN resumption_count USING (session) WHERE host = ?1`

export class ResumptionTables implements Owned {
  readonly #jids: Jids
  readonly #find: Query
  readonly #put: Query
  readonly #putCount: Command
  readonly #setHandled: Command
  readonly #acknowledge: Query
  readonly #acknowledged: Query
  readonly #add: Command
  readonly #removeThrough: Command
  readonly #queue: Query
  readonly #get: Query
  readonly #first: Query
  readonly #next: Query
  readonly #ofOwner: Query
  /** Everything of a session in any table. */
  readonly #remove: readonly Command[]

  constructor(database: DatabaseSync, jids: Jids) {
    this.#jids = jids
    const session = '(SELECT session FROM resumption WHERE host = ?1 AND id = ?2)'
    this.#find = query(database, 'SELECT session FROM resumption WHERE host = ? AND id = ?')
    this.#put = query(
      database,
      `INSERT INTO resumption (host, id, owner, local, resource, until, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
       ON CONFLICT DO UPDATE SET owner = ?3, local = ?4, resource = ?5, until = ?6, state = ?7 RETURNING session`,
    )
    this.#putCount = command(database, 'INSERT OR REPLACE INTO resumption_count VALUES (?, ?, ?)')
    this.#setHandled = command(database, `UPDATE resumption_count SET handled = ?3 WHERE session = ${session}`)
    this.#acknowledge = query(
      database,
      `UPDATE resumption_count SET acknowledged = ?3 WHERE session = ${session} AND acknowledged < ?3 RETURNING session`,
    )
    this.#acknowledged = query(
      database,
      `SELECT session, acknowledged FROM resumption_count WHERE session = ${session}`,
    )
    this.#add = command(
      database,
      `INSERT INTO resumption_stanza (session, seq, at, stanza) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT DO UPDATE SET at = ?3, stanza = ?4`,
    )
    this.#removeThrough = command(database, 'DELETE FROM resumption_stanza WHERE session = ? AND seq <= ?')
    this.#queue = query(
      database,
      `SELECT seq, at, stanza FROM resumption_stanza WHERE session = ${session} AND seq > ?3 ORDER BY seq LIMIT ?4`,
    )
    this.#get = query(database, `${SESSION} AND id = ?2`)
    this.#first = query(database, `${SESSION} ORDER BY id LIMIT ?2`)
    this.#next = query(database, `${SESSION} AND id > ?2 ORDER BY id LIMIT ?3`)
    this.#ofOwner = query(database, 'SELECT session FROM resumption WHERE owner = ?')
    this.#remove = ['resumption_stanza', 'resumption_count', 'resumption'].map((table) =>
      command(database, `DELETE FROM ${table} WHERE session = ?`),
    )
  }

  put(
    domain: string,
    id: string,
    local: string,
    resource: string,
    counts: number[],
    until: number,
    state: string,
  ): undefined {
    const owner = this.#jids.intern(ownerText(domain, local))
    const row = this.#put.get(this.#jids.intern(domain), id, owner, local, resource, until, pack(state))
    this.#putCount.run(row![0]!, counts[0]!, counts[1]!)
  }

  setHandled(domain: string, id: string, handled: number): undefined {
    const host = this.#jids.find(domain)
    if (host !== undefined) this.#setHandled.run(host, id, handled)
  }

  /** Cells: seq, at and stanza of each. */
  enqueue(domain: string, id: string, cells: Cell[]): undefined {
    const host = this.#jids.find(domain)
    const row = host === undefined ? undefined : this.#acknowledged.get(host, id)
    if (row === undefined) return
    const [session, acknowledged] = row as [number, number]
    for (let i = 0; i < cells.length; i += 3) {
      const seq = cells[i] as number
      if (seq > acknowledged) this.#add.run(session, seq, cells[i + 1]!, pack(cells[i + 2] as string))
    }
  }

  acknowledge(domain: string, id: string, seq: number): undefined {
    const host = this.#jids.find(domain)
    const row = host === undefined ? undefined : this.#acknowledge.get(host, id, seq)
    if (row !== undefined) this.#removeThrough.run(row[0]!, seq)
  }

  queue(domain: string, id: string, after: number, limit: number): Value {
    const host = this.#jids.find(domain)
    const cells: Value[] = []
    if (host === undefined) return cells
    for (const [seq, at, stanza] of this.#queue.all(host, id, after, limit)) cells.push(seq!, at!, unpack(stanza!))
    return cells
  }

  get(domain: string, id: string): Value {
    const host = this.#jids.find(domain)
    const row = host === undefined ? undefined : this.#get.get(host, id)
    return row === undefined ? undefined : flat([row])
  }

  remove(domain: string, id: string): undefined {
    const host = this.#jids.find(domain)
    const row = host === undefined ? undefined : this.#find.get(host, id)
    if (row !== undefined) for (const one of this.#remove) one.run(row[0]!)
  }

  list(domain: string, after: string | undefined, limit: number): Value {
    const host = this.#jids.find(domain)
    if (host === undefined) return []
    return flat(after === undefined ? this.#first.all(host, limit) : this.#next.all(host, after, limit))
  }

  forget(owner: number): void {
    for (const [session] of this.#ofOwner.all(owner)) for (const one of this.#remove) one.run(session!)
  }
}

function flat(rows: Cell[][]): Value[] {
  for (const row of rows) row[6] = unpack(row[6]!)
  return rows.flat()
}
