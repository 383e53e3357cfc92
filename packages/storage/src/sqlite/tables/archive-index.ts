/**
 * Which messages of an archive there are: by account, by the other side, by name; and how many. Ids only, the messages are in `archive.ts`.
 *
 * To put each message into three index tables at once would dirty three pages for it, and cost ten times as much as to store it. So the
 * newest messages wait in memory (`archive-tail.ts`). When there are enough of them they are merged in the order of the index, so that one
 * page takes many; a few with each message that comes, so that nobody waits. What memory held is read again from the messages at the
 * next start, and a merge that did not end is begun again: it changes nothing twice. What is more than one process has in memory is merged at the start.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Journal } from '../journal.ts'
import { type Command, command, type Query, query } from '../statement.ts'
import { ArchiveTail, type Indexed, type Range } from './archive-tail.ts'
import { MergedRows } from './merged-rows.ts'

/** Messages in memory before they are merged; there may be nearly twice as many while they are. Some 200 bytes each. */
const MERGED_AT = 32_768

/** Rows merged for each message that comes: each has one in three tables, so a merge ends before the next begins. */
const ROWS_PER_MESSAGE = 4

/** Rows in one statement of a merge: most of a small statement is to begin and to end it. */
const ROWS = 64

/** Ids looked at for one name. More than one with the same hash has the same name, or is a chance in 2^53. */
const SAME_HASH = 8

export interface Totals {
  readonly count: number
  readonly bytes: number
}

export class ArchiveIndex {
  readonly #database: DatabaseSync
  readonly #journal: Journal
  readonly #begin: Command
  readonly #commit: Command
  readonly #rollback: Command
  readonly #rows: readonly [byAccount: MergedRows, byPeer: MergedRows, byName: MergedRows]
  readonly #addTotals: Command
  readonly #setMerged: Command
  readonly #remove: readonly Command[]
  readonly #removeName: Command
  readonly #totals: Query
  readonly #ofAccount: readonly Query[]
  readonly #ofPeer: readonly Query[]
  readonly #countOfAccount: Query
  readonly #countOfPeer: Query
  readonly #named: Query
  readonly #mergedAt: number
  /** Up to this id everything is in the tables. */
  #merged: number
  /** Up to this id something may be in the tables: a merge did not end when the process did. */
  #mayBeMerged = 0
  #tail = new ArchiveTail()
  /** What is being merged now: older than the tail. */
  #older: ArchiveTail | undefined
  #merge: Iterator<undefined> | undefined
  /** Rows that may be merged now. */
  #credit = 0

  constructor(database: DatabaseSync, journal: Journal, mergedAt = MERGED_AT) {
    this.#database = database
    this.#journal = journal
    this.#mergedAt = mergedAt
    this.#rows = [
      new MergedRows(database, 'archive_by_account', 2, ROWS),
      new MergedRows(database, 'archive_by_peer', 3, ROWS),
      new MergedRows(database, 'archive_by_name', 2, ROWS),
    ]
    this.#begin = command(database, 'BEGIN')
    this.#commit = command(database, 'COMMIT')
    this.#rollback = command(database, 'ROLLBACK')
    this.#addTotals = command(
      database,
      'UPDATE archive SET count = count + ?2, bytes = bytes + ?3, counted = max(counted, ?4) WHERE account = ?1',
    )
    this.#setMerged = command(database, 'UPDATE archive_state SET merged = ?')
    this.#remove = [
      command(database, 'DELETE FROM archive_by_account WHERE account = ?1 AND id = ?3'),
      command(database, 'DELETE FROM archive_by_peer WHERE account = ?1 AND peer = ?2 AND id = ?3'),
    ]
    this.#removeName = command(database, 'DELETE FROM archive_by_name WHERE hash = ? AND id = ?')
    this.#totals = query(database, 'SELECT count, bytes, counted FROM archive WHERE account = ?')
    const ofAccount = 'archive_by_account WHERE account = ?1 AND id BETWEEN ?3 AND ?4'
    const ofPeer = 'archive_by_peer WHERE account = ?1 AND peer = ?2 AND id BETWEEN ?3 AND ?4'
    const inOrder = (from: string): Query[] =>
      ['ASC', 'DESC'].map((order) => query(database, `SELECT id FROM ${from} ORDER BY id ${order} LIMIT ?5`))
    const counting = (from: string): Query => query(database, `SELECT count(*) FROM (SELECT 1 FROM ${from} LIMIT ?5)`)
    this.#ofAccount = inOrder(ofAccount)
    this.#ofPeer = inOrder(ofPeer)
    this.#countOfAccount = counting(ofAccount)
    this.#countOfPeer = counting(ofPeer)
    this.#named = query(
      database,
      `SELECT id FROM archive_by_name WHERE hash = ? AND id <= ? ORDER BY id DESC LIMIT ${SAME_HASH}`,
    )
    this.#merged = query(database, 'SELECT merged FROM archive_state').get()![0] as number
  }

  get merged(): number {
    return this.#merged
  }

  /** At the start: a message after `merged`, in the order of their ids. */
  remember(entry: Indexed): void {
    const { size } = this.#tail
    if (size > 0 && size % this.#mergedAt === 0) this.#catchUp()
    const isKnown = this.#tail.accounts.has(entry.account)
    this.#tail.add(entry, isKnown ? undefined : (this.#totals.get(entry.account)?.[2] as number | undefined))
    this.#mayBeMerged = entry.id
  }

  /** Processes that die before a merge has ended leave ever more to the next: what is more than one has in memory is merged now. */
  #catchUp(): void {
    if (this.#older !== undefined && !this.#mergeNow(this.#older)) return
    this.#older = this.#tail
    this.#tail = new ArchiveTail()
  }

  /** False: that cannot be written now, for instance because the disk is full, and stays in memory. */
  #mergeNow(older: ArchiveTail): boolean {
    const mark = this.#journal.mark
    this.#begin.run()
    try {
      const merge = this.#mergeAll(older)
      while (merge.next().done !== true);
      this.#commit.run()
    } catch {
      if (this.#database.isTransaction) this.#rollback.run() // SQLite may have done it itself [SQLite: lang_transaction]
      this.#journal.undoTo(mark)
      return false
    }
    this.#journal.clear()
    this.#merged = older.lastId
    return true
  }

  /** A new message: its id is greater than all others. */
  add(entry: Indexed): void {
    const tail = this.#tail
    const { lastId } = tail
    tail.add(entry)
    this.#journal.push(() => {
      tail.takeBack(entry, lastId)
      this.#merge = undefined
    })
    if (this.#older === undefined && tail.size >= this.#mergedAt) {
      this.#older = tail
      this.#tail = new ArchiveTail()
      this.#journal.push(() => {
        this.#tail = tail
        this.#older = undefined
      })
    }
    if (this.#older !== undefined) this.#advance(this.#older)
  }

  remove(entry: Indexed): void {
    const { id, account, peer, hash, also } = entry
    const tail = this.#tailOf(id)
    const known = tail?.find(account, id)
    if (tail === undefined || known === undefined) this.#addTotals.run(account, -1, -entry.bytes, 0)
    else {
      if (id <= tail.accounts.get(account)!.counted) this.#addTotals.run(account, -1, -entry.bytes, 0)
      tail.remove(known)
      this.#journal.push(() => tail.restore(known))
      if (tail === this.#tail && id > this.#mayBeMerged) return // in no table
    }
    this.#remove[0]!.run(account, null, id)
    this.#remove[1]!.run(account, peer, id)
    if (hash !== undefined) this.#removeName.run(hash, id)
    if (also?.hash !== undefined) this.#removeName.run(also.hash, id)
  }

  /** A message has another size now. */
  resize(account: number, id: number, before: number, bytes: number): void {
    const tail = this.#tailOf(id)
    const known = tail?.find(account, id)
    if (tail === undefined || known === undefined) this.#addTotals.run(account, 0, bytes - before, 0)
    else {
      if (id <= tail.accounts.get(account)!.counted) this.#addTotals.run(account, 0, bytes - before, 0)
      tail.resize(known, bytes)
      this.#journal.push(() => tail.resize(known, before))
    }
  }

  /** Ids of an account's messages, or of those with one peer, in the order of the range. */
  ids(account: number, peer: number | undefined, range: Range, limit: number): number[] {
    const { isDown } = range
    const ids: number[] = []
    if (isDown) this.#newer(account, peer, range, limit, ids)
    const { low } = range
    const high = Math.min(range.high, this.#merged)
    if (low <= high && ids.length < limit) {
      const queries = peer === undefined ? this.#ofAccount : this.#ofPeer
      for (const [id] of queries[isDown ? 1 : 0]!.all(account, peer ?? null, low, high, limit - ids.length))
        ids.push(id as number)
    }
    if (!isDown) this.#newer(account, peer, range, limit, ids)
    return ids
  }

  /** Whether a message of an account is one with this peer. */
  isWith(account: number, peer: number, id: number): boolean {
    const known = this.#tailOf(id)?.find(account, id)
    return known === undefined ? this.#ofPeer[0]!.get(account, peer, id, id, 1) !== undefined : known.peer === peer
  }

  /** How many there are, up to `limit`. */
  count(account: number, peer: number | undefined, range: Range, limit: number): number {
    const high = Math.min(range.high, this.#merged)
    const counting = peer === undefined ? this.#countOfAccount : this.#countOfPeer
    const inTables = range.low > high ? 0 : (counting.get(account, peer ?? null, range.low, high, limit)![0] as number)
    const newer: number[] = []
    this.#newer(account, peer, range, limit - inTables, newer)
    return inTables + newer.length
  }

  /** Of all messages of an account. */
  totals(account: number): Totals {
    let [count, bytes] = (this.#totals.get(account) ?? [0, 0]) as [number, number]
    for (const tail of [this.#older, this.#tail]) {
      const part = tail?.accounts.get(account)
      count += part?.count ?? 0
      bytes += part?.bytes ?? 0
    }
    return { count, bytes }
  }

  /** The newest ids of messages whose names have this hash, newest first. */
  named(hash: number): number[] {
    let newer = this.#tail.named(hash, SAME_HASH)
    if (newer.length === 0 && this.#older !== undefined) newer = this.#older.named(hash, SAME_HASH)
    if (newer.length > 0) return newer.map(({ id }) => id)
    return this.#named.all(hash, this.#merged).map(([id]) => id as number)
  }

  #tailOf(id: number): ArchiveTail | undefined {
    if (id <= this.#merged) return undefined
    return this.#older !== undefined && id <= this.#older.lastId ? this.#older : this.#tail
  }

  #newer(account: number, peer: number | undefined, range: Range, limit: number, ids: number[]): void {
    if (range.high <= this.#merged) return
    if (range.isDown) {
      this.#tail.ids(account, peer, range, limit, ids)
      this.#older?.ids(account, peer, range, limit, ids)
    } else {
      this.#older?.ids(account, peer, range, limit, ids)
      this.#tail.ids(account, peer, range, limit, ids)
    }
  }

  #advance(older: ArchiveTail): void {
    this.#credit += ROWS_PER_MESSAGE
    if (this.#credit < ROWS) return
    this.#credit -= ROWS
    this.#merge ??= this.#mergeAll(older)
    if (this.#merge.next().done !== true) return
    const merged = this.#merged
    this.#merged = older.lastId
    this.#older = this.#merge = undefined
    this.#journal.push(() => {
      this.#merged = merged
      this.#older = older
    })
  }

  /** Stops after each statement that took rows: none are on their way then. */
  *#mergeAll(older: ArchiveTail): Generator<undefined, void> {
    for (const rows of this.#rows) rows.clear()
    const [byAccount, byPeer, byName] = this.#rows
    const accounts = [...older.accounts.keys()].sort((a, b) => a - b)
    for (const account of accounts)
      for (const entry of [...older.accounts.get(account)!.entries])
        if (!older.isRemoved(entry) && byAccount.add(account, entry.id)) yield
    byAccount.flush()
    for (const account of accounts) {
      const entries = [...older.accounts.get(account)!.entries].sort((a, b) => a.peer - b.peer || a.id - b.id)
      for (const entry of entries) if (!older.isRemoved(entry) && byPeer.add(account, entry.peer, entry.id)) yield
      this.#mergeTotals(account, older)
    }
    byPeer.flush()
    for (const hash of older.hashes())
      for (const entry of older.named(hash, Number.POSITIVE_INFINITY).reverse())
        if (!older.isRemoved(entry) && byName.add(hash, entry.id)) yield
    byName.flush()
    this.#setMerged.run(older.lastId)
  }

  #mergeTotals(account: number, older: ArchiveTail): void {
    const tail = older.accounts.get(account)!
    const { count, bytes, counted } = tail
    this.#addTotals.run(account, count, bytes, older.lastId)
    tail.count = tail.bytes = 0
    tail.counted = older.lastId
    this.#journal.push(() => Object.assign(tail, { count, bytes, counted }))
  }
}
