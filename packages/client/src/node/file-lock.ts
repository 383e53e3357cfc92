/** One client at a time for a file: a lock beside it names the process, and that of a process which is gone counts for nothing. */
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, readFile, stat, unlink, utimes } from 'node:fs/promises'
import { hostname, uptime } from 'node:os'
import { pid } from 'node:process'
import { StoreError } from '../contract/errors.ts'

/** Whoever holds a lock touches it so often, in milliseconds; on another machine (or container) it is alive as long as it does. */
const beat = 10_000
const silence = 6 * beat

/** Time between the making of a lock and its name being in it, at the most, in milliseconds. */
const making = 5000

/** By path, of this thread. */
const held = new Set<string>()

interface Owner {
  readonly pid: number
  readonly host: string
  /** When its process began, as the system counts (Linux): another one may have the same `pid` later, and in containers soon. */
  readonly began?: string | undefined
  /** Tells one lock from the next. */
  readonly id: string
}

/** What lets go of it. Throws a StoreError that names the process which holds it. */
export async function lockFile(path: string, account: string): Promise<() => Promise<void>> {
  const own: Owner = { pid, host: hostname(), began: await beginning(pid), id: randomUUID() }
  if (held.has(path)) throw heldBy(account, own)
  held.add(path)
  try {
    if (!(await create(path, own))) await takeOver(path, own, account)
  } catch (error) {
    held.delete(path)
    throw error
  }
  const timer = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), beat)
  timer.unref()
  return async () => {
    clearInterval(timer)
    held.delete(path)
    if ((await read(path))?.id === own.id) await unlink(path).catch(() => undefined)
  }
}

/** False when there is one. */
async function create(path: string, own: Owner): Promise<boolean> {
  let file: FileHandle | undefined
  try {
    file = await open(path, 'wx', 0o600)
    await file.writeFile(JSON.stringify(own))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    if (file !== undefined) await unlink(path).catch(() => undefined)
    throw error
  } finally {
    await file?.close()
  }
}

/** One process at a time looks whether the lock is stale and replaces it: otherwise a second one could remove what the first has just made. */
async function takeOver(path: string, own: Owner, account: string): Promise<void> {
  const guard = `${path}.guard`
  if (!(await create(guard, own))) {
    if (((await age(guard)) ?? 0) < silence) throw heldBy(account, await read(path))
    await unlink(guard).catch(() => undefined) // left by a crash
    if (!(await create(guard, own))) throw heldBy(account, await read(path))
  }
  try {
    const owner = await read(path)
    const since = await age(path)
    if (since !== undefined) {
      if (await isAlive(owner, since)) throw heldBy(account, owner)
      await unlink(path).catch(() => undefined)
    } // where it is let go of, another one may be there by now
    if (!(await create(path, own))) throw heldBy(account, await read(path))
  } finally {
    await unlink(guard).catch(() => undefined)
  }
}

/** `since`: milliseconds since the lock was touched. */
async function isAlive(owner: Owner | undefined, since: number): Promise<boolean> {
  if (owner === undefined) return since < making
  if (owner.host !== hostname()) return since < silence
  if (since > uptime() * 1000) return false // the machine was started anew
  const began = owner.began && (await beginning(owner.pid))
  if (began && began !== owner.began) return false
  // this process: another thread has it, which may have ended; or, where beginnings are not known, a process of before
  if (owner.pid === pid) return since < (began ? silence : Math.min(silence, process.uptime() * 1000))
  try {
    process.kill(owner.pid, 0)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH') return false
    return code !== undefined || since < silence // Deno may not ask
  }
}

/** Undefined where the system does not say, or there is none. */
async function beginning(pid: number): Promise<string | undefined> {
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return state.slice(state.lastIndexOf(')')).split(' ')[20] // behind its name, in which anything may stand
}

/** Undefined when there is none, or none that says whose it is: a crash while it was made. */
async function read(path: string): Promise<Owner | undefined> {
  try {
    const owner: Owner = JSON.parse(await readFile(path, 'utf8'))
    const { pid, host, id } = owner
    return typeof pid === 'number' && typeof host === 'string' && typeof id === 'string' ? owner : undefined
  } catch {
    return undefined
  }
}

/** Milliseconds since somebody touched it; undefined when it is not there. */
async function age(path: string): Promise<number | undefined> {
  try {
    return Date.now() - (await stat(path)).mtimeMs
  } catch {
    return undefined
  }
}

function heldBy(account: string, owner: Owner | undefined): StoreError {
  const where = owner === undefined || owner.host === hostname() ? '' : ` on ${owner.host}`
  const which = owner === undefined ? '' : ` (process ${owner.pid}${where})`
  return new StoreError(
    `Another client has the store of ${account}${which}: close it, or give this one its own folder.`,
  )
}
