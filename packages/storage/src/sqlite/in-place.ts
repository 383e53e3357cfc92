/**
 * Whether the files that are open are still those of the data folder. Who removes or replaces them while the server runs takes
 * everything written afterwards away, and SQLite would not notice.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { StorageError } from '../error.ts'
import { DATABASE_FILE } from './database.ts'

export class InPlace {
  readonly #folder: string
  readonly #files: { readonly path: string; readonly inode: number }[] = []

  /** After the database was opened. */
  constructor(folder: string) {
    this.#folder = folder
    for (const name of [DATABASE_FILE, `${DATABASE_FILE}-wal`]) {
      const path = join(folder, name)
      const inode = inodeOf(path)
      if (inode !== undefined) this.#files.push({ path, inode })
    }
  }

  /** Why nothing may be promised any more; undefined while all is well. A few microseconds. */
  problem(): StorageError | undefined {
    for (const { path, inode } of this.#files) {
      if (inodeOf(path) === inode) continue
      return new StorageError('access', {
        problem: `${path} was removed or replaced while the server runs: nothing can be written any more.`,
        advice: 'Put the file back if you moved it; otherwise stop the server and restore a backup.',
        path: this.#folder,
      })
    }
    return undefined
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}
