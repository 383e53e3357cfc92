/** Rows on their way into an index table, many in one statement: most of a small statement is to begin and to end it. */
import type { DatabaseSync } from 'node:sqlite'
import { type Command, command } from '../statement.ts'

export class MergedRows {
  readonly #size: number
  readonly #columns: number
  readonly #one: Command
  readonly #all: Command
  #cells: number[] = []

  /** Into a table of so many columns, all of them its key: a row that is there already stays. */
  constructor(database: DatabaseSync, table: string, columns: number, size: number) {
    this.#size = size
    this.#columns = columns
    const row = `(${Array.from({ length: columns }, () => '?').join(', ')})`
    const rows = Array.from({ length: size }, () => row).join(', ')
    this.#one = command(database, `INSERT OR IGNORE INTO ${table} VALUES ${row}`)
    this.#all = command(database, `INSERT OR IGNORE INTO ${table} VALUES ${rows}`)
  }

  /** True: a statement was executed. */
  add(...cells: number[]): boolean {
    for (const cell of cells) this.#cells.push(cell)
    if (this.#cells.length < this.#size * this.#columns) return false
    this.#all.run(...this.#cells)
    this.#cells = []
    return true
  }

  /** The rows that are not there yet. */
  flush(): void {
    const cells = this.#cells
    this.#cells = []
    for (let i = 0; i < cells.length; i += this.#columns) this.#one.run(...cells.slice(i, i + this.#columns))
  }

  clear(): void {
    this.#cells = []
  }
}
