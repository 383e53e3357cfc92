/**
 * Full-text search over archives: an FTS5 index that an append does not touch. The first search of an account reads its messages into
 * the index, a slice with each call, and later ones what has come since. Words carry the number of their archive, so that
 * what others wrote costs a search nothing.
 */
import type { DatabaseSync } from 'node:sqlite'
import { bodiesOf } from '../../stanza-text.ts'
import { wordsOf } from '../../words.ts'
import { type Command, command, type Query, query } from '../statement.ts'
import type { Range } from './archive-tail.ts'

/** Stands between two bodies; no word has it. */
const BREAK = '_'

export class ArchiveWords {
  readonly #add: Command
  readonly #remove: Command
  readonly #find: readonly Query[]
  readonly #count: Query

  constructor(database: DatabaseSync) {
    this.#add = command(database, 'INSERT INTO archive_words (rowid, words) VALUES (?, ?)')
    this.#remove = command(database, 'DELETE FROM archive_words WHERE rowid = ?')
    const found = 'FROM archive_words WHERE archive_words MATCH ? AND rowid BETWEEN ? AND ?'
    this.#find = ['ASC', 'DESC'].map((direction) =>
      query(database, `SELECT rowid ${found} ORDER BY rowid ${direction} LIMIT ?`),
    )
    this.#count = query(database, `SELECT count(*) FROM (SELECT 1 ${found} LIMIT ?)`)
  }

  add(account: number, id: number, stanza: string): void {
    const texts = bodiesOf(stanza).map((body) =>
      wordsOf(body)
        .map((word) => term(account, word))
        .join(' '),
    )
    const words = texts.join(` ${BREAK} `)
    if (words !== '') this.#add.run(id, words)
  }

  remove(id: number): void {
    this.#remove.run(id)
  }

  ids(account: number, phrases: readonly string[][], { low, high, isDown }: Range, limit: number): number[] {
    const found = this.#find[isDown ? 1 : 0]!.all(expression(account, phrases), low, high, limit)
    return found.map(([id]) => id as number)
  }

  count(account: number, phrases: readonly string[][], { low, high }: Range, limit: number): number {
    return this.#count.get(expression(account, phrases), low, high, limit)![0] as number
  }
}

function term(account: number, word: string): string {
  return `${account.toString(36)}_${word}`
}

/** All phrases, each between quotation marks: nothing in them is syntax, and no word has a quotation mark. [SQLite: fts5 3.1] */
function expression(account: number, phrases: readonly string[][]): string {
  return phrases.map((phrase) => `"${phrase.map((word) => term(account, word)).join(' ')}"`).join(' AND ')
}
