/** Sizes of files, and memory of a process, from the file system and Linux's /proc. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export function folderBytes(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    try {
      bytes += statSync(join(entry.parentPath, entry.name)).size
    } catch {
      // it went away meanwhile
    }
  }
  return bytes
}

/** Resident memory in bytes; undefined where nobody tells. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return kb === undefined ? undefined : Number(kb) * 1024
  } catch {
    return undefined
  }
}
