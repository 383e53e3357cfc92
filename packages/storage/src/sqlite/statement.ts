/** Prepared statements with arrays for rows, typed in one place. */
import type { DatabaseSync } from 'node:sqlite'

export type Cell = null | number | string | Uint8Array

export interface Query {
  /** The first row. */
  get(...parameters: Cell[]): Cell[] | undefined
  all(...parameters: Cell[]): Cell[][]
}

export interface Command {
  run(...parameters: Cell[]): { readonly changes: number | bigint }
}

/**
 * A statement that answers rows; also one that changes and says what with RETURNING.
 *
 * SQLite looks at the value of a bare `LIMIT ?` to plan, and so compiles the statement again for each execution, which costs ten times
 * as much as a small one takes. At an expression it does not look. (Measured with 3.53.)
 */
export function query(database: DatabaseSync, sql: string): Query {
  const statement = database.prepare(sql.replace(/LIMIT (\?\d*)/g, 'LIMIT $1 + 0'))
  statement.setReturnArrays(true)
  return statement as unknown as Query
}

export function command(database: DatabaseSync, sql: string): Command {
  return database.prepare(sql)
}

const ASCII = /^[\0-\x7f]*$/
const ONE_BYTE_CHARS = /^[\0-\xff]*$/

/**
 * A string as it is stored: ASCII and real text as TEXT; a wire string with non-ASCII in it as a BLOB of its bytes, which are UTF-8
 * already and would otherwise be encoded twice.
 */
export function pack(text: string): string | Uint8Array {
  return ASCII.test(text) || !ONE_BYTE_CHARS.test(text) ? text : Buffer.from(text, 'latin1')
}

export function unpack(cell: Cell): string {
  if (!(cell instanceof Uint8Array)) return cell as string
  return Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('latin1')
}

export function packedBytes(packed: string | Uint8Array): number {
  return typeof packed === 'string' ? Buffer.byteLength(packed, 'utf8') : packed.byteLength
}
