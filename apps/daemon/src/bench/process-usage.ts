/** CPU time and resident memory of other processes, from Linux's /proc. On other systems nothing is known (undefined), never zero. */
import { readFileSync } from 'node:fs'

// USER_HZ, the unit of utime and stime in /proc/PID/stat: 100 on every architecture that Node runs on.
const ticksPerSecond = 100

/** CPU seconds (user and system, all threads, also ended ones) used so far by all of `pids` together. */
export function cpuSeconds(pids: readonly number[]): number | undefined {
  return sum(pids, (pid) => parseCpuSeconds(readFileSync(`/proc/${pid}/stat`, 'latin1')))
}

/** Resident memory in kB of all of `pids` together. */
export function residentKb(pids: readonly number[]): number | undefined {
  return sum(pids, (pid) => parseResidentKb(readFileSync(`/proc/${pid}/status`, 'latin1')))
}

/** Reads one line of /proc/PID/stat; the command's name in brackets may hold spaces and brackets itself. */
export function parseCpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

export function parseResidentKb(status: string): number {
  const at = status.indexOf('VmRSS:')
  return at < 0 ? 0 : Number.parseInt(status.slice(at + 6), 10)
}

function sum(pids: readonly number[], read: (pid: number) => number): number | undefined {
  if (pids.length === 0) return undefined
  try {
    return pids.reduce((total, pid) => total + read(pid), 0)
  } catch {
    return undefined
  }
}
