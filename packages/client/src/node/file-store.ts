/**
 * A store in a folder: a file for each account, to which changes are appended, each line with a checksum, and which is written anew when most of it
 * is history. A line that a crash has cut short is as if it had never been written.
 */
import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile, realpath, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StoreError, UsageError } from '../contract/errors.ts'
import type { Change, OpenStore, Store } from '../contract/store.ts'
import { sorted } from '../stores/rows.ts'
import { lockFile } from './file-lock.ts'

/** Bytes of history that are not worth writing a file anew. */
const smallest = 65_536

/** The folder is made when it does not exist; only the user may read the files. A second client of an account gets a StoreError. */
export function fileStore(directory: string): OpenStore {
  if (typeof directory !== 'string') throw new UsageError('fileStore needs the path of a folder.')
  return async (account) => {
    let path = join(directory, fileName(account))
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      path = join(await realpath(directory), fileName(account))
      const unlock = await lockFile(`${path}.lock`, account)
      try {
        return await FileStore.open(path, unlock)
      } catch (error) {
        await unlock()
        throw error
      }
    } catch (error) {
      throw storeError(path, error)
    }
  }
}

/** Short ones can be read by people. */
function fileName(account: string): string {
  const name = encodeURIComponent(account).replaceAll('*', '%2A')
  const short = name.length <= 200 ? name : createHash('sha256').update(account).digest('hex')
  return `${short}.log`
}

class FileStore implements Store {
  readonly #path: string
  readonly #unlock: () => Promise<void>
  readonly #rows: Map<string, string>
  #file: FileHandle
  /** Of the file, and how much of that a new one would have. */
  #size: number
  #live: number
  /** It is not written anew before it is so large: the last try has failed. */
  #least = 0
  #waiting: Change[] = []
  #next: Promise<undefined> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #failed: StoreError | undefined
  #isClosed = false

  private constructor(
    path: string,
    unlock: () => Promise<void>,
    file: FileHandle,
    rows: Map<string, string>,
    size: number,
  ) {
    this.#path = path
    this.#unlock = unlock
    this.#file = file
    this.#rows = rows
    this.#size = size
    this.#live = sizeOf(rows)
  }

  static async open(path: string, unlock: () => Promise<void>): Promise<FileStore> {
    const { rows, size } = readLog(path, await readIfThere(path))
    const file = await open(path, 'a', 0o600)
    await file.chmod(0o600)
    await file.truncate(size) // the line that was cut short
    if (size === 0) await syncFolder(path)
    return new FileStore(path, unlock, file, rows, size)
  }

  read(): readonly (readonly [key: string, value: string])[] {
    return sorted(this.#rows)
  }

  /** Calls made while the disk is busy are written together, in order. */
  write(changes: readonly Change[]): Promise<undefined> {
    this.#waiting.push(...changes)
    if (this.#next === undefined) {
      const next = this.#last.then(() => this.#flush())
      this.#next = next
      this.#last = next.catch(() => undefined)
    }
    return this.#next
  }

  async close(): Promise<undefined> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#last
    this.#failed ??= new StoreError(`${this.#path} is closed.`)
    await this.#file.close().catch(() => undefined)
    await this.#unlock()
  }

  async #flush(): Promise<undefined> {
    const changes = this.#waiting
    this.#waiting = []
    this.#next = undefined
    if (this.#failed !== undefined) throw this.#failed
    const line = Buffer.from(lineOf(changes))
    try {
      await this.#file.appendFile(line)
      await this.#file.datasync()
    } catch (error) {
      // a full disk may have room again; but who is told that it is not kept is not to find it there
      await this.#undo().catch(this.#giveUp)
      throw storeError(this.#path, error)
    }
    for (const [key, value] of changes) {
      this.#live -= rowSize(key, this.#rows.get(key))
      this.#live += rowSize(key, value)
      if (value === undefined) this.#rows.delete(key)
      else this.#rows.set(key, value)
    }
    this.#size += line.length
    // what was to be kept is, whatever becomes of that
    if (this.#size > Math.max(this.#least, smallest + 4 * this.#live)) await this.#rewrite().catch(this.#giveUp)
  }

  /** What is in the file now is not known: reading it again is the only way on. */
  readonly #giveUp = (error: unknown): void => {
    this.#failed = storeError(this.#path, error)
  }

  async #undo(): Promise<void> {
    await this.#file.truncate(this.#size)
    await this.#file.datasync()
  }

  /** What is there is there until the new file has its name, and is on disk. Where there is no room for both, it grows on until it is twice as large. */
  async #rewrite(): Promise<void> {
    const path = `${this.#path}.new`
    const lines = Buffer.from([...this.#rows].map((row) => lineOf([row])).join(''))
    let file: FileHandle | undefined
    try {
      file = await open(path, 'w', 0o600)
      await file.writeFile(lines)
      await file.sync()
    } catch {
      this.#least = 2 * this.#size
      await file?.close().catch(() => undefined)
      return await unlink(path).catch(() => undefined)
    }
    await this.#file.close() // Windows replaces no file that is open
    this.#file = file
    await rename(path, this.#path)
    await syncFolder(this.#path)
    this.#least = 0
    this.#size = lines.length
    this.#live = sizeOf(this.#rows)
  }
}

/** `CHECKSUM [["key","value"],["removed",null]]` */
function lineOf(changes: readonly Change[]): string {
  const text = JSON.stringify(changes.map(([key, value]) => [key, value ?? null]))
  return `${checksum(text)} ${text}\n`
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('base64').slice(0, 12)
}

/** Throws a StoreError when something is wrong that a crash does not explain. `size`: bytes up to the last line that is whole. */
function readLog(path: string, bytes: Buffer): { rows: Map<string, string>; size: number } {
  const rows = new Map<string, string>()
  let size = 0
  while (size < bytes.length) {
    const end = bytes.indexOf(0x0a, size)
    const changes = end < 0 ? undefined : readLine(bytes.toString('utf8', size, end))
    if (changes === undefined) {
      if (end >= 0 && end + 1 < bytes.length)
        throw new StoreError(`${path} is damaged. Move it away: messages in it that were not sent are lost.`)
      break
    }
    for (const [key, value] of changes) {
      if (value === null) rows.delete(key)
      else rows.set(key, value)
    }
    size = end + 1
  }
  return { rows, size }
}

function readLine(line: string): (readonly [string, string | null])[] | undefined {
  const text = line.slice(13)
  return line.slice(0, 13) === `${checksum(text)} ` ? JSON.parse(text) : undefined
}

async function readIfThere(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

/** Where folders cannot be opened (Windows) names are on disk by themselves. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

function rowSize(key: string, value: string | undefined): number {
  return value === undefined ? 0 : key.length + value.length + 24
}

function sizeOf(rows: ReadonlyMap<string, string>): number {
  let size = 0
  for (const [key, value] of rows) size += rowSize(key, value)
  return size
}

function storeError(path: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  const what = code === 'ENOSPC' ? 'the disk is full' : code
  return new StoreError(`${path} cannot be used: ${what}.`, { cause })
}
