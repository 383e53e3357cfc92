/** Which program listens on a port: from /proc on Linux; elsewhere, and for programs of other users, unknown. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** `prosody (process 123)` */
export function portOwner(port: number): string | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listening(table, port)))
  if (inodes.size === 0) return undefined
  for (const process of list('/proc')) {
    if (!/^\d+$/.test(process)) continue
    for (const descriptor of list(`/proc/${process}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${process}/fd/${descriptor}`))?.[1]
      if (inode !== undefined && inodes.has(inode))
        return `${read(`/proc/${process}/comm`).trim()} (process ${process})`
    }
  }
  return undefined
}

/** Columns: slot, local address:port in hexadecimal, remote, state (0A = listening), …, inode. */
function listening(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return read(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(wanted) && columns[3] === '0A')
    .flatMap((columns) => columns[9] ?? [])
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
