/** What archives lose in SQLite: the oldest messages, and what accounts left behind. A bounded number of messages in one operation. */
import type { DatabaseSync } from 'node:sqlite'
import type { Jids } from '../jids.ts'
import type { Value } from '../message.ts'
import { type Command, command, packedBytes, type Query, query } from '../statement.ts'
import type { ArchiveMessages } from './archive-messages.ts'

const EVERYTHING = { low: 0, high: Number.MAX_SAFE_INTEGER, isDown: false }

/** Messages removed in one operation, and archives looked at: others wait meanwhile. */
const REMOVED = 300
const ARCHIVES = 2000

export class ArchiveTrim {
  readonly #jids: Jids
  readonly #messages: ArchiveMessages
  readonly #archives: Query
  readonly #setOldest: Command
  readonly #orphan: Query
  readonly #close: Command

  constructor(database: DatabaseSync, jids: Jids, messages: ArchiveMessages) {
    this.#jids = jids
    this.#messages = messages
    this.#archives = query(
      database,
      'SELECT account, oldest FROM archive WHERE host = ? AND owner IS NOT NULL AND account > ? ORDER BY account LIMIT ?',
    )
    this.#setOldest = command(database, 'UPDATE archive SET oldest = ?2 WHERE account = ?1')
    this.#orphan = query(database, 'SELECT account FROM archive WHERE owner IS NULL LIMIT 1')
    this.#close = command(database, 'DELETE FROM archive WHERE account = ?')
  }

  /** Answers how many were removed, and the archive to go on behind: undefined when there is no other. */
  trim(domain: string, olderThan: number, bytes: number, limit: number, after: number): Value {
    const host = this.#jids.find(domain)
    if (host === undefined) return [0, undefined]
    const archives = this.#archives.all(host, after, ARCHIVES) as [number, number][]
    const room = Math.min(limit, REMOVED)
    let removed = 0
    for (const [account, oldest] of archives) {
      if (oldest >= olderThan && this.#messages.index.totals(account).bytes <= bytes) continue
      removed += this.#trim(account, olderThan, bytes, room - removed)
      if (removed === room) return [removed, account - 1]
    }
    return [removed, archives.length < ARCHIVES ? undefined : archives.at(-1)![0]]
  }

  /** Removes messages whose account is gone. False: nothing is left to be removed. */
  sweep(_domain: string): boolean {
    const account = this.#orphan.get()?.[0] as number | undefined
    if (account === undefined) return false
    const ids = this.#messages.index.ids(account, undefined, EVERYTHING, REMOVED)
    for (const id of ids) this.#messages.remove(id, this.#messages.get(id)!)
    if (ids.length < REMOVED) this.#close.run(account)
    return true
  }

  #trim(account: number, olderThan: number, bytes: number, limit: number): number {
    let { bytes: total } = this.#messages.index.totals(account)
    let removed = 0
    for (const id of this.#messages.index.ids(account, undefined, EVERYTHING, limit + 1)) {
      const message = this.#messages.get(id)!
      if (message.at >= olderThan && total <= bytes) {
        this.#setOldest.run(account, message.at) // no older one is left
        break
      }
      if (removed === limit) break
      this.#messages.remove(id, message)
      total -= packedBytes(message.stanza as string | Uint8Array)
      removed += 1
    }
    return removed
  }
}
