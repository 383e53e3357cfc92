/** One client at a time for a file: a lock beside it names the process, and that of a process which is gone counts for nothing. */
import { randomUUID } from 'node:crypto'
import { open, readFile, stat, unlink, utimes } from 'node:fs/promises'
import { hostname, uptime } from 'node:os'
import { pid } from 'node:process'
import { StoreError } from '../contract/errors.ts'

/** Whoever holds a lock touches it so often, in milliseconds; on another machine (or container) it is alive as long as it does. */
const beat = 10_000
const silence = 6 * beat

/** Time between the making of a lock and its name being in it, at the most, in milliseconds. */
const making = 5000

/** By path, of this process: a lock with its id that is not among them is of an earlier process that had the same one, as in containers. */
const held = new Set<string>()

interface Owner {
  readonly pid: number
  readonly host: string
  /** Tells one lock from the next. */
  readonly id: string
}

/** What lets go of it. Throws a StoreError that names the process which holds it. */
export async function lockFile(path: string, account: string): Promise<() => Promise<void>> {
  const own: Owner = { pid, host: hostname(), id: randomUUID() }
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
  try {
    const file = await open(path, 'wx', 0o600)
    await file.writeFile(JSON.stringify(own))
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
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
    const since = await age(path)
    const owner = await read(path)
    if (since !== undefined && isAlive(owner, since)) throw heldBy(account, owner)
    await unlink(path).catch(() => undefined)
    if (!(await create(path, own))) throw heldBy(account, await read(path))
  } finally {
    await unlink(guard).catch(() => undefined)
  }
}

/** `since`: milliseconds since the lock was touched. */
function isAlive(owner: Owner | undefined, since: number): boolean {
  if (owner === undefined) return since < making
  if (owner.host !== hostname()) return since < silence
  if (owner.pid === pid || since > uptime() * 1000) return false // we hold none there; the machine was started anew
  try {
    process.kill(owner.pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** Undefined when there is none, or none that says whose it is: a crash while it was made. */
async function read(path: string): Promise<Owner | undefined> {
  try {
    const { pid, host, id }: Owner = JSON.parse(await readFile(path, 'utf8'))
    return typeof pid === 'number' && typeof host === 'string' && typeof id === 'string' ? { pid, host, id } : undefined
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
