/** Resumable sessions and their queues in SQLite. */
import type { DatabaseSync } from 'node:sqlite'
import { type Jids, ownerText } from '../jids.ts'
import type { Value } from '../message.ts'
import { type Cell, type Command, command, pack, type Query, query, unpack } from '../statement.ts'
import type { Owned } from './accounts.ts'
import type { OfflineTables } from './offline.ts'

const SESSION = `
  SELECT id, local, resource, handled, acknowledged, until, state, reached
  FROM resumption JOIN resumption_count USING (session) WHERE host = ?1`

export class ResumptionTables implements Owned {
  readonly #jids: Jids
  readonly #offline: OfflineTables
  readonly #find: Query
  readonly #put: Query
  readonly #putCount: Command
  readonly #setHandled: Command
  readonly #setReached: Command
  readonly #reached: Query
  readonly #acknowledge: Query
  readonly #acknowledged: Query
  readonly #add: Command
  readonly #removeThrough: Command
  readonly #removeFrom: Command
  readonly #markTaken: Command
  readonly #queue: Query
  readonly #get: Query
  readonly #first: Query
  readonly #next: Query
  readonly #ofOwner: Query
  /** Everything of a session in any table. */
  readonly #remove: readonly Command[]

  constructor(database: DatabaseSync, jids: Jids, offline: OfflineTables) {
    this.#jids = jids
    this.#offline = offline
    const session = '(SELECT session FROM resumption WHERE host = ?1 AND id = ?2)'
    this.#find = query(database, 'SELECT session FROM resumption WHERE host = ? AND id = ?')
    this.#put = query(
      database,
      `INSERT INTO resumption (host, id, owner, local, resource, until, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
       ON CONFLICT DO UPDATE SET owner = ?3, local = ?4, resource = ?5, until = ?6, state = ?7 RETURNING session`,
    )
    this.#putCount = command(
      database,
      `INSERT INTO resumption_count VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT DO UPDATE SET handled = ?2, acknowledged = ?3, reached = max(reached, ?4)`,
    )
    this.#setHandled = command(database, `UPDATE resumption_count SET handled = ?3 WHERE session = ${session}`)
    this.#setReached = command(
      database,
      `UPDATE resumption_count SET reached = max(reached, ?3) WHERE session = ${session}`,
    )
    this.#reached = query(
      database,
      'SELECT max(reached) FROM resumption JOIN resumption_count USING (session) WHERE owner = ?',
    )
    this.#acknowledge = query(
      database,
      `UPDATE resumption_count SET acknowledged = max(acknowledged, ?3) WHERE session = ${session} RETURNING session`,
    )
    this.#acknowledged = query(
      database,
      `SELECT session, acknowledged FROM resumption_count WHERE session = ${session}`,
    )
    this.#add = command(
      database,
      `INSERT INTO resumption_stanza (session, seq, at, id, taken, stanza) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
       ON CONFLICT DO UPDATE SET at = ?3, id = ?4, taken = ?5, stanza = ?6`,
    )
    this.#removeThrough = command(database, 'DELETE FROM resumption_stanza WHERE session = ? AND seq <= ?')
    this.#removeFrom = command(database, `DELETE FROM resumption_stanza WHERE session = ${session} AND seq >= ?3`)
    this.#markTaken = command(database, 'UPDATE resumption_stanza SET taken = 1 WHERE id = ? AND id <> 0')
    this.#queue = query(
      database,
      `SELECT seq, at, id, taken, stanza FROM resumption_stanza WHERE session = ${session} AND seq > ?3 ORDER BY seq LIMIT ?4`,
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
    [handled, acknowledged, until, reached]: number[],
    state: string,
    taken: number[],
  ): undefined {
    const owner = this.#jids.intern(ownerText(domain, local))
    const row = this.#put.get(this.#jids.intern(domain), id, owner, local, resource, until!, pack(state))
    this.#putCount.run(row![0]!, handled!, acknowledged!, reached!)
    this.#removeThrough.run(row![0]!, acknowledged!)
    this.#take(domain, local, taken)
  }

  setHandled(domain: string, id: string, handled: number): undefined {
    const host = this.#jids.find(domain)
    if (host !== undefined) this.#setHandled.run(host, id, handled)
  }

  setReached(domain: string, id: string, reached: number): undefined {
    const host = this.#jids.find(domain)
    if (host !== undefined) this.#setReached.run(host, id, reached)
  }

  reached(domain: string, local: string): number {
    const owner = this.#jids.find(ownerText(domain, local))
    const row = owner === undefined ? undefined : this.#reached.get(owner)
    return (row?.[0] ?? 0) as number
  }

  /** Cells: seq, at, id, whether it is taken, and stanza of each. */
  enqueue(domain: string, id: string, cells: Cell[]): undefined {
    const host = this.#jids.find(domain)
    const row = host === undefined ? undefined : this.#acknowledged.get(host, id)
    if (row === undefined) return
    const [session, acknowledged] = row as [number, number]
    for (let i = 0; i < cells.length; i += 5) {
      const seq = cells[i] as number
      const [at, kept, isTaken] = [cells[i + 1]!, cells[i + 2]!, cells[i + 3]!]
      if (seq > acknowledged) this.#add.run(session, seq, at, kept, isTaken, pack(cells[i + 4] as string))
    }
  }

  acknowledge(domain: string, id: string, local: string, seq: number, taken: number[]): undefined {
    const host = this.#jids.find(domain)
    const row = host === undefined ? undefined : this.#acknowledge.get(host, id, seq)
    if (row !== undefined) this.#removeThrough.run(row[0]!, seq)
    this.#take(domain, local, taken)
  }

  #take(domain: string, local: string, taken: readonly number[]): void {
    this.#offline.remove(domain, local, taken)
    for (const id of taken) this.#markTaken.run(id)
  }

  removeFrom(domain: string, id: string, seq: number): undefined {
    const host = this.#jids.find(domain)
    if (host !== undefined) this.#removeFrom.run(host, id, seq)
  }

  queue(domain: string, id: string, after: number, limit: number): Value {
    const host = this.#jids.find(domain)
    const cells: Value[] = []
    if (host === undefined) return cells
    for (const [seq, at, kept, isTaken, stanza] of this.#queue.all(host, id, after, limit))
      cells.push(seq!, at!, kept!, isTaken!, unpack(stanza!))
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
