/** JIDs, locals and domains as integers: the table `jid` and a bounded cache before it. */
import type { DatabaseSync } from 'node:sqlite'
import { type Query, query } from './statement.ts'

const HALF_OF_CACHE = 50_000

export class Jids {
  readonly #find: Query
  readonly #add: Query
  /** Two generations: when the young one is full it becomes the old one, and what nobody asked for since is forgotten. */
  #young = new Map<string, number>()
  #old = new Map<string, number>()

  constructor(database: DatabaseSync) {
    this.#find = query(database, 'SELECT id FROM jid WHERE text = ?')
    this.#add = query(database, 'INSERT INTO jid (text) VALUES (?) RETURNING id')
  }

  /** The id of a text, if it ever was given one. */
  find(text: string): number | undefined {
    const young = this.#young.get(text)
    if (young !== undefined) return young
    const id = this.#old.get(text) ?? (this.#find.get(text)?.[0] as number | undefined)
    if (id !== undefined) this.#remember(text, id)
    return id
  }

  /** The id of a text; gives it one if need be. */
  intern(text: string): number {
    const known = this.find(text)
    if (known !== undefined) return known
    const id = this.#add.get(text)![0] as number
    this.#remember(text, id)
    return id
  }

  /** After a rollback: ids given since may be gone. */
  forget(): void {
    this.#young = new Map()
    this.#old = new Map()
  }

  #remember(text: string, id: number): void {
    if (this.#young.size >= HALF_OF_CACHE) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(text, id)
  }
}

/** The text under which the one who owns something is interned; '' is the host itself. */
export function ownerText(domain: string, local: string): string {
  return local === '' ? domain : `${local}@${domain}`
}
