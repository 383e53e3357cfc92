/** What a load run found out, as data (one JSON line) and as a table for people. */
import type { LoadMode } from './load-options.ts'

/** Undefined: not measured in this mode, or no server process was named. CPU is in cores (1 = one core busy). */
export interface LoadResult {
  readonly mode: LoadMode
  readonly tls: boolean
  readonly users: number
  readonly window: number
  readonly size: number
  /** Users that got as far as the mode needs. */
  readonly ready: number
  readonly failed: number
  /** Error stanzas and broken connections, those of the warm-up too. */
  readonly errors: number
  /** Stanzas that had not arrived one second after the last one was sent. */
  readonly lost: number | undefined
  /** Why users failed or broke, with how many did; the first few reasons. */
  readonly reasons: readonly (readonly [reason: string, count: number])[]
  /** Time from the first connection to the last user ready. */
  readonly loginSeconds: number
  readonly loginsPerSecond: number
  readonly cpuMsPerLogin: number | undefined
  readonly measuredSeconds: number | undefined
  /** When that began, in milliseconds since the epoch. */
  readonly measuredFrom: number | undefined
  readonly sentPerSecond: number | undefined
  readonly deliveredPerSecond: number | undefined
  readonly serverCpu: number | undefined
  readonly cpuMicrosPerStanza: number | undefined
  /** CPU of the generator itself: near 1 means the figures are the generator's, not the server's. */
  readonly generatorCpu: number
  readonly p50Ms: number | undefined
  readonly p99Ms: number | undefined
  readonly rssBeforeMb: number | undefined
  readonly rssAfterMb: number | undefined
  readonly kbPerSession: number | undefined
}

/** One line of JSON; figures that were not measured are left out. */
export function resultLine(result: LoadResult): string {
  return JSON.stringify(result, (_, value) => (typeof value === 'number' ? Number(value.toFixed(3)) : value))
}

/** Name and figure, one per line. */
export function resultTable(result: LoadResult): string {
  const rows: [string, string][] = [
    ['users ready', `${result.ready} of ${result.users}${result.tls ? ' over TLS' : ''}`],
    [result.mode === 'register' ? 'registrations' : 'logins', `${figure(result.loginsPerSecond, 0)}/s`],
  ]
  const add = (name: string, value: number | undefined, digits: number, unit: string): void => {
    if (value !== undefined) rows.push([name, `${figure(value, digits)}${unit}`])
  }
  add('server CPU per login', result.cpuMsPerLogin, 3, ' ms')
  add('sent', result.sentPerSecond, 0, '/s')
  add('delivered', result.deliveredPerSecond, 0, '/s')
  add('errors', result.errors, 0, '')
  add('lost', result.lost, 0, '')
  add('latency p50', result.p50Ms, 2, ' ms')
  add('latency p99', result.p99Ms, 2, ' ms')
  add('server CPU', result.serverCpu, 2, ' cores')
  add('server CPU per stanza', result.cpuMicrosPerStanza, 2, ' µs')
  add('generator CPU', result.generatorCpu, 2, ' cores')
  add('server memory before', result.rssBeforeMb, 1, ' MB')
  add('server memory after', result.rssAfterMb, 1, ' MB')
  add('memory per session', result.kbPerSession, 1, ' kB')
  const width = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
  for (const [reason, count] of result.reasons) lines.push(`  ! ${count} × ${reason}`)
  if (isGeneratorBound(result))
    lines.push('  ! the generator was busier than the server: these are the limits of the generator')
  return lines.join('\n')
}

/** True if the generator, not the server, set the pace. */
export function isGeneratorBound(result: LoadResult): boolean {
  return result.generatorCpu > 0.95 && result.serverCpu !== undefined && result.serverCpu < 0.9
}

function figure(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
