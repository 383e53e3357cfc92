/** Makes a node:test test of every scenario file in a folder. A note beside a scenario turns its failure there into a printed remark. */
import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { parseScenario } from './parse-scenario.ts'
import { runScenario } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'
import type { Target } from './target.ts'

export interface RunOptions {
  /** How many scenarios play at the same time; 8 when absent. */
  readonly concurrency?: number
  /** Only files whose path contains this. */
  readonly only?: string | undefined
  /** The target's patience, in milliseconds, where a note says that it differs: there often nothing comes, and all of it is spent. */
  readonly patienceWithNote?: number
}

export const readScenarios = (folder: string, only: string = ''): Scenario[] =>
  globSync('**/*.scenario', { cwd: folder })
    .sort()
    .filter((file) => file.includes(only))
    .map((file) => parseScenario(join(relative(process.cwd(), folder), file), readFileSync(join(folder, file), 'utf8')))

/** What of a scenario's needs the target cannot give. */
const missing = (scenario: Scenario, target: Target): string | undefined => {
  const given = new Map([
    ['second host', target.secondHost !== undefined],
    ['SASL2', target.hasSasl2 === true],
  ])
  return scenario.needs.find((need) => given.get(need) !== true)
}

export const runScenarios = (
  name: string,
  start: () => Promise<Target>,
  folder: string,
  { concurrency = 8, only, patienceWithNote }: RunOptions = {},
): void => {
  describe(`scenarios against ${name}`, { concurrency }, () => {
    let target: Target
    before(async () => {
      target = await start()
    })
    after(async () => {
      await target?.stop()
    })
    for (const scenario of readScenarios(folder, only))
      test(`${scenario.title} (${scenario.file})`, async (context) => {
        const need = missing(scenario, target)
        if (need) return context.skip(`${target.name} has no ${need}`)
        const note = scenario.notes.find((candidate) => candidate.target === target.name)
        if (!note) return runScenario(scenario, target)
        const patience = patienceWithNote ?? target.patience
        const failure = await runScenario(scenario, patience === undefined ? target : { ...target, patience }).then(
          () => undefined,
          (error: Error) => error,
        )
        if (!failure && !note.isSure) return
        if (!failure)
          throw new Error(
            `${scenario.file}:${note.line}: passes against ${target.name}: the note is out of date (${note.why})`,
          )
        context.diagnostic(`${target.name} differs: ${note.why}`)
      })
  })
}
