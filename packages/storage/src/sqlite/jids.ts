/** JIDs, locals and domains as integers: the table `jid` and a bounded cache before it. */
import type { DatabaseSync } from 'node:sqlite'
import { RecentMap } from '../recent-map.ts'
import { type Query, query } from './statement.ts'

const CACHED = 100_000

export class Jids {
  readonly #find: Query
  readonly #add: Query
  readonly #known = new RecentMap<string, number>(CACHED)

  constructor(database: DatabaseSync) {
    this.#find = query(database, 'SELECT id FROM jid WHERE text = ?')
    this.#add = query(database, 'INSERT INTO jid (text) VALUES (?) RETURNING id')
  }

  /** The id of a text, if it ever was given one. */
  find(text: string): number | undefined {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const id = this.#find.get(text)?.[0] as number | undefined
    if (id !== undefined) this.#known.set(text, id)
    return id
  }

  /** The id of a text; gives it one if need be. */
  intern(text: string): number {
    const known = this.find(text)
    if (known !== undefined) return known
    const id = this.#add.get(text)![0] as number
    this.#known.set(text, id)
    return id
  }

  /** After a rollback: ids given since may be gone. */
  forget(): void {
    this.#known.clear()
  }
}

/** The text under which the one who owns something is interned; '' is the host itself. */
export function ownerText(domain: string, local: string): string {
  return local === '' ? domain : `${local}@${domain}`
}
