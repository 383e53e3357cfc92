/** What a run comes to, as a table for people: violations by rule, what was done to the server, and L9: recovery, memory, size. */
import { type Findings, type Rule, rules } from './check/findings.ts'
import type { Deed, Restart } from './nemesis.ts'
import type { RunOptions } from './options.ts'

export interface Report {
  readonly options: RunOptions
  readonly version: string
  readonly disk: string
  readonly folder: string
  readonly findings: Findings
  /** What is wrong and has no number: counters that were not kept to, a server that fell over, somebody who never came to rest. */
  readonly faults: readonly string[]
  readonly deeds: ReadonlyMap<Deed, number>
  readonly kills: number
  readonly restarts: readonly Restart[]
  readonly seconds: number
  /** Milliseconds from the first write of a message to its acknowledgement, outages included. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly connections: number
  readonly resumptions: number
  readonly lostSessions: number
  /** Answers to resumptions that failed, and how often. */
  readonly refusals: ReadonlyMap<string, number>
  /** Largest resident memory that was seen. */
  readonly rss: number
  readonly dataBytes: number
}

/** 0 of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

const MB = 1024 * 1024

export function table(report: Report): string {
  const { options, findings, restarts, latency } = report
  const ready = restarts.map((restart) => restart.ready)
  const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`
  const rows: [string, string][] = [
    ['server', `${options.target} ${report.version}`],
    ['seed', String(options.seed)],
    ['disk', report.disk],
    ...(Object.keys(rules) as Rule[]).map((rule): [string, string] => [
      `${rule} ${rules[rule]}`,
      String(findings.counts[rule]),
    ]),
    [
      'L9 restart to stream features',
      `${restarts.length} times, p50 ${ms(quantile(ready, 0.5))}, max ${ms(quantile(ready, 1))}`,
    ],
    ['L9 resident memory, largest', `${(report.rss / MB).toFixed(0)} MB`],
    ['L9 stored at the end', `${(report.dataBytes / MB).toFixed(1)} MB`],
    ['messages sent', String(findings.sent)],
    ['acknowledged', `${findings.acknowledged}${findings.open === 0 ? '' : `, ${findings.open} never`}`],
    ['lost (recipient / own archive)', `${findings.lost} / ${findings.lostBySender}`],
    ['doubled in archives', String(findings.duplicates)],
    ['arrived again at a device', String(findings.repeated)],
    ['came back with an error', String(findings.errors)],
    ['sent again after a reconnect', String(findings.resent)],
    ['received by devices / archived', `${findings.received} / ${findings.archived}`],
    ['SIGKILLs', String(report.kills)],
    ['deeds', [...report.deeds].map(([deed, times]) => `${deed} ${times}`).join(', ')],
    ['logins / resumed / sessions lost', `${report.connections} / ${report.resumptions} / ${report.lostSessions}`],
    ['resumptions refused', [...report.refusals].map(([why, times]) => `${why} ${times}`).join(', ') || 'none'],
    ['acknowledgement after', `p50 ${ms(latency.p50)}, p99 ${ms(latency.p99)}, max ${ms(latency.max)}`],
    ['seconds under the nemesis', report.seconds.toFixed(0)],
    ['journals and archives', report.folder],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
  const examples = findings.examples.slice(0, 60).map(({ rule, text }) => `  ${rule} ${text}`)
  const faults = report.faults.map((text) => `  ${text}`)
  if (examples.length > 0) lines.push('', 'violations, the first of each rule:', ...examples)
  if (faults.length > 0) lines.push('', 'beside the rules:', ...faults)
  return lines.join('\n')
}

export const isClean = ({ findings, faults }: Report): boolean => findings.total === 0 && faults.length === 0
