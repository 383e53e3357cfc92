/**
 * Pages out of archives in SQLite, and how many messages match. One operation looks at a bounded number of messages; the one who asked
 * goes on where it stopped.
 */
import type { DatabaseSync } from 'node:sqlite'
import { addressOf } from '../../stanza-text.ts'
import { COMPLETE, type FilterCells, MORE, UNFINISHED, type Value } from '../message.ts'
import { type Cell, type Command, command, type Query, query, unpack } from '../statement.ts'
import { type ArchiveMessages, OUT } from './archive-messages.ts'
import type { Range } from './archive-tail.ts'

/** Messages read, and bytes of them answered, in one operation: others wait meanwhile. */
const READ = 1000
const ANSWERED = 2_000_000

/** Messages passed over by their ids alone. */
const SKIPPED = 20_000
/** Messages counted: how many match is told with every page and seldom looked at; 20,000 took half as long as all the rest of a page of 50. */
const COUNTED = 4000

/** Ids of messages that may match, asked of an index at once: of words many, since it goes through all of them each time. */
const AT_ONCE = 200
const AT_ONCE_BY_WORDS = 4000

/** What it costs not to read a message. */
const UNREAD = 0.2

/** Messages read into the search index in one operation. */
const INDEXED = 200

interface Question {
  readonly account: number
  readonly peer: number | undefined
  /** The full JID, if it is one. */
  readonly address: string | undefined
  readonly ids: readonly number[] | undefined
  readonly phrases: readonly string[][] | undefined
  readonly low: number
  readonly high: number
}

export class ArchivePages {
  readonly #messages: ArchiveMessages
  readonly #entry: Query
  readonly #setIndexed: Command

  constructor(database: DatabaseSync, messages: ArchiveMessages) {
    this.#messages = messages
    this.#entry = query(
      database,
      `SELECT message.id, at, text, flags, stanza, account, peer
       FROM archive_message AS message JOIN jid ON jid.id = peer WHERE message.id = ?`,
    )
    this.#setIndexed = command(database, 'UPDATE archive SET indexed = ?2 WHERE account = ?1')
  }

  /**
   * Answers how it ended, the last id that was looked at, how many are still to be skipped, the last id there is, and the cells of the
   * entries in the order in which they were read.
   */
  page(domain: string, local: string, filter: FilterCells, limit: number, isDown: boolean, skip: number): Value {
    const question = this.#question(domain, local, filter)
    if (question === undefined) return [COMPLETE, 0, 0, 0]
    const { lastId } = this.#messages
    let { low, high } = question
    let last = 0
    const beyond = (id: number): void => {
      last = id
      if (isDown) high = id - 1
      else low = id + 1
    }
    if (skip > 0 && isAnsweredByIndex(question)) {
      const size = Math.min(skip, SKIPPED)
      const skipped = this.#ids(question, { low, high, isDown }, size)
      skip -= skipped.length
      if (skipped.length < size) return [COMPLETE, last, skip, lastId]
      beyond(skipped.at(-1)!)
      if (skip > 0) return [UNFINISHED, last, skip, lastId]
    }
    const cells: Value[] = []
    let [read, bytes, count] = [0, 0, 0]
    while (read < READ && bytes < ANSWERED) {
      const size = atOnce(question, limit - count + 1)
      const ids = this.#ids(question, { low, high, isDown }, size)
      for (const id of ids) {
        const mayMatch = this.#mayMatch(question, id)
        const row = mayMatch ? this.#matching(question, id) : undefined
        read += mayMatch ? 1 : UNREAD
        if (row !== undefined && skip > 0) skip -= 1
        else if (row !== undefined) {
          if (count === limit) return [MORE, last, skip, lastId, ...cells]
          const stanza = unpack(row[4]!)
          cells.push(id, row[1]!, row[2]!, ((row[3] as number) & OUT) !== 0, stanza)
          count += 1
          bytes += stanza.length
        }
        beyond(id)
        if (bytes >= ANSWERED) break
      }
      if (ids.length < size && (ids.length === 0 || last === ids.at(-1)))
        return [COMPLETE, last, skip, lastId, ...cells]
    }
    return [UNFINISHED, last, skip, lastId, ...cells]
  }

  /** Undefined where it would take too long. */
  count(domain: string, local: string, filter: FilterCells): Value {
    const question = this.#question(domain, local, filter)
    if (question === undefined) return 0
    const { account, peer, phrases, low, high } = question
    const range = { low, high, isDown: false }
    if (isAnsweredByIndex(question) && question.ids === undefined) {
      if (phrases === undefined && filter.every((cell) => cell === undefined))
        return this.#messages.index.totals(account).count
      const count =
        phrases === undefined
          ? this.#messages.index.count(account, peer, range, COUNTED + 1)
          : this.#messages.words.count(account, phrases, range, COUNTED + 1)
      return count > COUNTED ? undefined : count
    }
    const ids = this.#ids(question, range, READ + 1)
    if (ids.length > READ) return undefined
    return ids.reduce((sum, id) => sum + (this.#matching(question, id) === undefined ? 0 : 1), 0)
  }

  /** Reads the words of some messages that have come since the last search. False: nothing is left to be read. */
  indexWords(domain: string, local: string, through: number): boolean {
    const account = this.#messages.accountOf(domain, local)
    if (account === undefined) return false
    const range = { low: this.#messages.indexed(account) + 1, high: through, isDown: false }
    const ids = this.#messages.index.ids(account, undefined, range, INDEXED)
    for (const id of ids) this.#messages.words.add(account, id, unpack(this.#messages.get(id)!.stanza))
    if (ids.length > 0) this.#setIndexed.run(account, ids.at(-1)!)
    return ids.length === INDEXED
  }

  /** Undefined: nothing can match. */
  #question(domain: string, local: string, filter: FilterCells): Question | undefined {
    const [peerJid, start, end, after, before, ids, phrases] = filter
    const account = this.#messages.accountOf(domain, local)
    if (account === undefined) return undefined
    const slash = peerJid?.indexOf('/') ?? -1
    const peer =
      peerJid === undefined ? undefined : this.#messages.peerOf(slash < 0 ? peerJid : peerJid.slice(0, slash))
    if (peerJid !== undefined && peer === undefined) return undefined
    let low = after === undefined ? 1 : Math.floor(after) + 1
    let high = before === undefined ? this.#messages.lastId : Math.min(Math.ceil(before) - 1, this.#messages.lastId)
    if (start !== undefined) low = Math.max(low, this.#messages.firstAt(start))
    if (end !== undefined) high = Math.min(high, this.#messages.firstAt(Math.floor(end) + 1) - 1)
    if (!(low <= high)) return undefined
    const address = slash < 0 ? undefined : peerJid
    return { account, peer, address, ids, phrases, low: Math.max(1, low), high }
  }

  /** Ids that may match, in the order of the range. */
  #ids({ account, peer, ids, phrases }: Question, range: Range, limit: number): number[] {
    if (ids !== undefined) {
      const some = ids.filter((id) => Number.isSafeInteger(id) && id >= range.low && id <= range.high)
      const sorted = [...new Set(some)].sort((a, b) => (range.isDown ? b - a : a - b))
      return sorted.slice(0, limit)
    }
    if (phrases !== undefined) return this.#messages.words.ids(account, phrases, range, limit)
    return this.#messages.index.ids(account, peer, range, limit)
  }

  /** False: without reading it one can tell that it does not match. */
  #mayMatch({ account, peer, phrases }: Question, id: number): boolean {
    return phrases === undefined || peer === undefined || this.#messages.index.isWith(account, peer, id)
  }

  /** The message, if it matches all that an index was not asked for. */
  #matching({ account, peer, address, ids, phrases }: Question, id: number): Cell[] | undefined {
    const row = this.#entry.get(id)
    if (row === undefined || row[5] !== account || (peer !== undefined && row[6] !== peer)) return undefined
    if (address !== undefined && addressOf(unpack(row[4]!), ((row[3] as number) & OUT) !== 0) !== address)
      return undefined
    if (ids !== undefined && phrases !== undefined) return this.#hasWords(account, phrases, id) ? row : undefined
    return row
  }

  #hasWords(account: number, phrases: readonly string[][], id: number): boolean {
    return this.#messages.words.count(account, phrases, { low: id, high: id, isDown: false }, 1) === 1
  }
}

/** How many ids to ask for, when `wanted` messages are still to be found. */
function atOnce(question: Question, wanted: number): number {
  if (isAnsweredByIndex(question)) return Math.min(wanted, READ)
  return question.phrases === undefined ? AT_ONCE : AT_ONCE_BY_WORDS
}

/** Whether what the index answers needs no second look. */
function isAnsweredByIndex({ peer, address, ids, phrases }: Question): boolean {
  return ids === undefined && address === undefined && (phrases === undefined || peer === undefined)
}
