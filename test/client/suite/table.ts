/** What ran where, as a table: for people who look at the output, and for the documentation. */
import type { Behaviour } from './behaviour.ts'

export type Outcome = 'ok' | 'lacks' | 'FAILED'

export interface Column {
  readonly name: string
  readonly version: string
  readonly outcomes: ReadonlyMap<Behaviour, Outcome>
}

/** As Markdown, which reads well enough as it is. */
export function tableOf(behaviours: readonly Behaviour[], columns: readonly Column[]): string {
  const together = [...Map.groupBy(behaviours, ({ feature }) => feature).values()].flat()
  const rows = together.map((one, index) => [
    one.feature === together[index - 1]?.feature ? '' : one.feature,
    one.what,
    ...columns.map(({ outcomes }) => outcomes.get(one) ?? ''),
  ])
  const heads = ['feature', 'behaviour', ...columns.map(({ name, version }) => `${name} ${version}`)]
  const counts = ['', `of ${behaviours.length}`, ...columns.map(countsOf)]
  const all = [heads, ...rows, counts]
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...[...rows, counts].map(line)].join('\n')
}

function countsOf({ outcomes }: Column): string {
  const all = [...outcomes.values()]
  const count = (outcome: Outcome): number => all.filter((one) => one === outcome).length
  return (['ok', 'lacks', 'FAILED'] as const)
    .filter((outcome) => outcome === 'ok' || count(outcome) > 0)
    .map((outcome) => `${count(outcome)} ${outcome}`)
    .join(', ')
}
