/** The figures of one comparison, and the table made of them. */
import { isGeneratorBound } from '../apps/daemon/src/bench/load-result.ts'
import type { Case } from './cases.ts'
import type { CaseResult } from './run-case.ts'
import type { TargetName } from './target.ts'

export interface Measured {
  readonly server: TargetName
  readonly case: string
  readonly result?: CaseResult
  /** Why there are no figures. */
  readonly failure?: string
}

interface Figure {
  readonly name: string
  readonly digits: number
  readonly of: (result: CaseResult) => number | undefined
}

const logins: readonly Figure[] = [
  { name: 'per second', digits: 0, of: (result) => result.loginsPerSecond },
  { name: 'server CPU, ms each', digits: 3, of: (result) => result.cpuMsPerLogin },
]
const memory: readonly Figure[] = [
  { name: 'kB per session', digits: 1, of: (result) => result.kbPerSession },
  { name: 'RSS before, MB', digits: 1, of: (result) => result.rssBeforeMb },
  { name: 'RSS after, MB', digits: 1, of: (result) => result.rssAfterMb },
  { name: 'server CPU at rest, cores', digits: 3, of: (result) => result.serverCpu },
]
const traffic: readonly Figure[] = [
  { name: 'delivered per second', digits: 0, of: (result) => result.deliveredPerSecond },
  { name: 'server CPU, µs each', digits: 2, of: (result) => result.cpuMicrosPerStanza },
  { name: 'p50, ms', digits: 2, of: (result) => result.p50Ms },
  { name: 'p99, ms', digits: 2, of: (result) => result.p99Ms },
  { name: 'event loop late, p99 ms', digits: 2, of: (result) => result.loopP99Ms },
  { name: 'RSS, MB', digits: 1, of: (result) => result.rssAfterMb },
]

/** A block per case, a line per figure, a column per server; then the first server's figure divided by each other's. */
export function comparisonTable(
  chosen: readonly Case[],
  servers: readonly TargetName[],
  all: readonly Measured[],
): string {
  const [own, ...others] = servers
  if (own === undefined) return ''
  const header = ['', ...servers, ...others.map((other) => `${own} ÷ ${other}`)]
  const rows: string[][] = [header]
  const remarks: string[] = []
  for (const one of chosen) {
    rows.push([`${one.title}, ${one.load.users} users`])
    const results = servers.map((server) => all.find((entry) => entry.server === server && entry.case === one.name))
    for (const figure of figuresOf(one)) {
      const values = results.map((entry) => (entry?.result === undefined ? undefined : figure.of(entry.result)))
      const ratios = values.slice(1).map((value) => ratio(values[0], value))
      rows.push([`  ${figure.name}`, ...values.map((value) => format(value, figure.digits)), ...ratios])
    }
    for (const entry of results) if (entry !== undefined) remarks.push(...remarksOn(one, entry))
  }
  return [aligned(rows), ...remarks].join('\n')
}

function figuresOf(one: Case): readonly Figure[] {
  if (one.load.mode === 'register' || one.load.mode === 'login') return logins
  return one.load.mode === 'idle' ? memory : traffic
}

/** What makes a figure doubtful is said, not hidden. */
function remarksOn(one: Case, { server, result, failure }: Measured): string[] {
  const about = `! ${server}, ${one.name}:`
  // The whole story went to stderr when it happened.
  if (result === undefined) return [`${about} ${failure?.split('\n')[0] ?? 'no figures'}`]
  const remarks: string[] = []
  if (result.failed > 0) remarks.push(`${about} ${result.failed} of ${result.users} users failed`)
  if (result.errors > 0) remarks.push(`${about} ${result.errors} errors`)
  if ((result.lost ?? 0) > 0) remarks.push(`${about} ${result.lost} stanzas did not arrive`)
  for (const [reason, count] of result.reasons) remarks.push(`${about} ${count} × ${reason}`)
  if (isStarved(result))
    remarks.push(`${about} neither server nor generator was busy: it waited, or others used the machine`)
  if (isGeneratorBound(result)) remarks.push(`${about} the generator was the bottleneck`)
  return remarks
}

function isStarved({ deliveredPerSecond, serverCpu, generatorCpu }: CaseResult): boolean {
  return deliveredPerSecond !== undefined && serverCpu !== undefined && serverCpu < 0.85 && generatorCpu < 0.85
}

function aligned(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length))
  const isFull = (row: readonly string[]): boolean => row.length > 1
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.filter(isFull).map((row) => (row[i] ?? '').length)),
  )
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[i] ?? 0) + 2))))
    .map((cells) => cells.join('').trimEnd())
    .join('\n')
}

function ratio(own: number | undefined, other: number | undefined): string {
  return own === undefined || other === undefined || other === 0 ? '–' : (own / other).toFixed(2)
}

function format(value: number | undefined, digits: number): string {
  if (value === undefined) return '–'
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
