/**
 * The messages of all archives in SQLite, in the order in which they came: a commit fills few pages. What is in whose archive is in
 * `archive-index.ts`, words are in `archive-words.ts`. Archives have numbers of their own, so that to erase one is to take its owner away
 * from it; what is left is swept up later.
 */
import type { DatabaseSync } from 'node:sqlite'
import { idTaken } from '../../error.ts'
import { RecentMap } from '../../recent-map.ts'
import { idOf } from '../../stanza-text.ts'
import { type Jids, ownerText } from '../jids.ts'
import type { Journal } from '../journal.ts'
import { NameHash } from '../name-hash.ts'
import { type Cell, type Command, command, pack, packedBytes, type Query, query, unpack } from '../statement.ts'
import type { Owned } from './accounts.ts'
import { ArchiveIndex } from './archive-index.ts'
import type { Indexed } from './archive-tail.ts'
import { ArchiveWords } from './archive-words.ts'

/** Bits of `flags`. */
export const OUT = 1
/** The name is the sender's origin-id, not the id of the stanza. */
export const ORIGIN = 2

/** Characters of a stanza in which its id is looked for, where it has an origin-id as well: a start has to read them again. */
const BEGINNING = 4096

const ACCOUNTS_CACHED = 20_000

export interface NewMessage {
  readonly id: number
  readonly account: number
  readonly peer: number
  readonly flags: number
  readonly at: number
  readonly name: string | undefined
  /** Of the name, if there is one. */
  readonly hash: number | undefined
  readonly stanza: string
}

export interface Message {
  readonly account: number
  readonly peer: number
  readonly flags: number
  readonly at: number
  readonly name: string | null
  readonly stanza: Cell
}

export class ArchiveMessages implements Owned {
  readonly index: ArchiveIndex
  readonly words: ArchiveWords
  readonly #jids: Jids
  readonly #journal: Journal
  readonly #hash: NameHash
  /** By owner. */
  readonly #accounts = new RecentMap<number, number>(ACCOUNTS_CACHED)
  readonly #account: Query
  readonly #open: Query
  readonly #orphan: Command
  readonly #add: Command
  readonly #message: Query
  readonly #nextAt: Query
  readonly #indexed: Query
  readonly #replace: Command
  readonly #remove: Command
  readonly #keepLastId: Command
  #lastId: number

  constructor(database: DatabaseSync, jids: Jids, journal: Journal, tail?: number) {
    this.#jids = jids
    this.#journal = journal
    this.index = new ArchiveIndex(database, journal, tail)
    this.words = new ArchiveWords(database)
    this.#hash = new NameHash(query(database, 'SELECT hash_key FROM archive_state').get()![0] as Uint8Array)
    this.#account = query(database, 'SELECT account FROM archive WHERE owner = ?')
    this.#open = query(
      database,
      `INSERT INTO archive (host, owner, count, bytes, counted, oldest, indexed) VALUES (?, ?, 0, 0, 0, ?, 0)
       RETURNING account`,
    )
    this.#orphan = command(database, 'UPDATE archive SET owner = NULL WHERE owner = ?')
    this.#add = command(database, 'INSERT INTO archive_message VALUES (?, ?, ?, ?, ?, ?, ?)')
    this.#message = query(database, 'SELECT account, peer, flags, at, name, stanza FROM archive_message WHERE id = ?')
    this.#nextAt = query(database, 'SELECT id, at FROM archive_message WHERE id >= ? ORDER BY id LIMIT 1')
    this.#indexed = query(database, 'SELECT indexed FROM archive WHERE account = ?')
    this.#replace = command(database, 'UPDATE archive_message SET stanza = ?2 WHERE id = ?1')
    this.#remove = command(database, 'DELETE FROM archive_message WHERE id = ?')
    this.#keepLastId = command(database, 'UPDATE archive_state SET last_id = max(last_id, ?)')
    this.#lastId = query(
      database,
      'SELECT max(last_id, (SELECT coalesce(max(id), 0) FROM archive_message)) FROM archive_state',
    ).get()![0] as number
    this.#remember(database)
  }

  get lastId(): number {
    return this.#lastId
  }

  /** The number of an account's archive, if it has one. */
  accountOf(domain: string, local: string): number | undefined {
    const owner = this.#jids.find(ownerText(domain, local))
    if (owner === undefined) return undefined
    const known = this.#accounts.get(owner)
    if (known !== undefined) return known
    const account = this.#account.get(owner)?.[0] as number | undefined
    if (account !== undefined) this.#accounts.set(owner, account)
    return account
  }

  /** The same, but there is one afterwards. */
  accountFor(domain: string, local: string, at: number): number {
    const known = this.accountOf(domain, local)
    if (known !== undefined) return known
    const owner = this.#jids.intern(ownerText(domain, local))
    const account = this.#open.get(this.#jids.intern(domain), owner, at)![0] as number
    this.#accounts.set(owner, account)
    this.#journal.push(() => this.#accounts.delete(owner))
    return account
  }

  peerFor(jid: string): number {
    return this.#jids.intern(jid)
  }

  peerOf(jid: string): number | undefined {
    return this.#jids.find(jid)
  }

  add({ id, account, peer, flags, at, name, hash, stanza }: NewMessage): void {
    const lastId = this.#lastId
    if (!Number.isSafeInteger(id) || id <= lastId) throw idTaken(id, lastId)
    const packed = pack(stanza)
    this.#add.run(id, account, peer, flags, at, name ?? null, packed)
    this.#journal.push(() => {
      this.#lastId = lastId
    })
    this.#lastId = id
    const also = this.#also(id, account, peer, flags, name, stanza)
    this.index.add({ id, account, peer, hash, also, bytes: packedBytes(packed) })
  }

  get(id: number): Message | undefined {
    const row = this.#message.get(id)
    if (row === undefined) return undefined
    const [account, peer, flags, at, name, stanza] = row
    return { account, peer, flags, at, name, stanza } as Message
  }

  /** The newest message with exactly this name: a stanza id also if the message has an origin-id as well. */
  find(account: number, peer: number, flags: number, name: string, hash: number): number | undefined {
    for (const id of this.index.named(hash)) {
      const one = this.get(id)
      if (one?.account === account && one.peer === peer && isCalled(one, flags, name)) return id
    }
    return undefined
  }

  /** The first id whose message came at this time or later; one more than the last if all came before. Times grow with ids. */
  firstAt(at: number): number {
    let low = 0
    let high = this.#lastId + 1
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const next = this.#nextAt.get(middle)
      if (next === undefined || (next[1] as number) >= at) high = middle
      else low = (next[0] as number) + 1
    }
    return low
  }

  replace(id: number, before: Message, stanza: string | Uint8Array, text: string): void {
    this.#replace.run(id, stanza)
    this.index.resize(before.account, id, octets(before.stanza), packedBytes(stanza))
    if (id > this.indexed(before.account)) return
    this.words.remove(id)
    this.words.add(before.account, id, text)
  }

  remove(id: number, { account, peer, flags, name, stanza }: Message): void {
    this.#keepLastId.run(this.#lastId)
    this.#remove.run(id)
    const hash = name === null ? undefined : this.hashOf(account, peer, flags, name)
    const also = this.#also(id, account, peer, flags, name, stanza)
    this.index.remove({ id, account, peer, hash, also, bytes: octets(stanza) })
    if (id <= this.indexed(account)) this.words.remove(id)
  }

  /** Up to this id the words of an archive are in the index. */
  indexed(account: number): number {
    return this.#indexed.get(account)![0] as number
  }

  forget(owner: number): void {
    this.#orphan.run(owner)
    this.#accounts.delete(owner)
  }

  hashOf(account: number, peer: number, flags: number, name: string): number {
    return this.#hash.of(name, account, peer, flags)
  }

  /** The stanza id of a message whose name is an origin-id, where the two differ: either may be used to take it back. [XEP-0424 5.1] */
  #also(
    id: number,
    account: number,
    peer: number,
    flags: number,
    name: string | null | undefined,
    stanza: Cell,
  ): Indexed | undefined {
    if ((flags & ORIGIN) === 0) return undefined
    const other = idAtBeginning(stanza)
    if (other === undefined || other === name) return undefined
    return { id, account, peer, hash: this.hashOf(account, peer, flags & ~ORIGIN, other), bytes: 0 }
  }

  /** What a process before us had in memory. */
  #remember(database: DatabaseSync): void {
    const rows = query(
      database,
      `SELECT id, account, peer, flags, name, octet_length(stanza), CASE WHEN flags & ${ORIGIN} THEN substr(stanza, 1, ${BEGINNING}) END
       FROM archive_message WHERE id > ? ORDER BY id LIMIT ?`,
    )
    const size = 1000
    for (let after = this.index.merged, isLast = false; !isLast; ) {
      const slice = rows.all(after, size) as [number, number, number, number, string | null, number, Cell][]
      for (const [id, account, peer, flags, name, bytes, beginning] of slice) {
        const hash = name === null ? undefined : this.hashOf(account, peer, flags, name)
        const also = this.#also(id, account, peer, flags, name, beginning)
        this.index.remember({ id, account, peer, hash, also, bytes })
        after = id
      }
      isLast = slice.length < size
    }
  }
}

function isCalled(one: Message, flags: number, name: string): boolean {
  if (one.flags === flags) return one.name === name
  return one.flags === (flags | ORIGIN) && idAtBeginning(one.stanza) === name
}

function idAtBeginning(stanza: Cell): string | undefined {
  return idOf(
    stanza instanceof Uint8Array ? unpack(stanza.subarray(0, BEGINNING)) : (stanza as string).slice(0, BEGINNING),
  )
}

function octets(cell: Cell): number {
  return packedBytes(cell as string | Uint8Array)
}
