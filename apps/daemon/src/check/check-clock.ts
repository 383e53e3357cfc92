/** Is the clock plausible? Certificates, stamps and expiry depend on it; nothing is asked from the network. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from './finding.ts'

/** This source was written after that. */
const earliest = Date.UTC(2026, 0, 1)
const latest = Date.UTC(2100, 0, 1)

export function checkClock(data: string, now: number = Date.now()): Finding {
  const fix = 'Set the clock, and let it be kept right (timedatectl set-ntp true).'
  const text = `The clock of this machine says ${new Date(now).toISOString()}`
  if (now < earliest || now > latest) return { area: 'clock', level: 'error', text: `${text}, which cannot be.`, fix }
  const written = modified(join(data, 'rookery.db'))
  if (written !== undefined && written > now + 60_000)
    return { area: 'clock', level: 'warning', text: `${text}, but the database was last written after that.`, fix }
  return { area: 'clock', level: 'ok', text: `${text}.` }
}

function modified(path: string): number | undefined {
  try {
    return statSync(path).mtimeMs
  } catch {
    return undefined
  }
}
