/**
 * One suite, three servers: everyday behaviours of each feature of the library against ours, Prosody and ejabberd. What a server says that it
 * lacks is left out there; the table of what ran where is printed, and written as a page of the documentation where `CLIENT_TABLE=FILE` says so.
 * `CLIENT_TARGETS=prosody` takes some of the servers, `CLIENT_FEATURES=rooms,upload` some of the features.
 */
import assert from 'node:assert/strict'
import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { after, before, describe, type TestContext, test } from 'node:test'
import { within } from '../../packages/client/test/waiting.ts'
import type { Target } from './harness/target.ts'
import { chosenTargets, startTarget } from './harness/targets.ts'
import { type Answers, askTarget, lackOf } from './suite/answers.ts'
import type { Behaviour } from './suite/behaviour.ts'
import { behaviours } from './suite/index.ts'
import { pageOf } from './suite/page.ts'
import { Stage } from './suite/stage.ts'
import { type Column, type Outcome, tableOf } from './suite/table.ts'

/** In milliseconds, on a machine that does much else; each thing that a behaviour waits for has a limit of its own. */
const patience = { usual: 60_000, restarts: 180_000 }

const limitOf = ({ restarts }: Behaviour): number => (restarts ? patience.restarts : patience.usual)

const wanted = process.env['CLIENT_FEATURES']?.split(',')
const chosen = behaviours.filter(({ feature }) => wanted === undefined || wanted.includes(feature))
const inOrder = [...chosen.filter(({ restarts }) => !restarts), ...chosen.filter(({ restarts }) => restarts)]
const columns: Column[] = []

for (const name of chosenTargets((missing, why) => test(missing, (context) => context.skip(why)))) {
  describe(name, () => {
    let target: Target
    let answers: Answers
    const outcomes = new Map<Behaviour, Outcome>()

    before(async () => {
      target = await startTarget(name)
      columns.push({ name, version: target.version, outcomes })
      answers = await askTarget(target, await target.createAccount('asks'))
    })
    after(() => target?.stop())

    for (const one of inOrder)
      test(`${one.feature}: ${one.what} (${name})`, { timeout: limitOf(one) + 30_000 }, async (context) => {
        const lack = lackOf(name, answers, one.needs)
        outcomes.set(one, lack === undefined ? 'FAILED' : 'lacks')
        if (lack !== undefined) return context.skip(lack)
        await play(one, new Stage(target, answers), context)
        outcomes.set(one, 'ok')
      })
  })
}

after(() => {
  process.stdout.write(`\n${tableOf(chosen, columns)}\n\n`)
  const file = process.env['CLIENT_TABLE']
  if (file !== undefined) writeFileSync(file, pageOf(chosen, columns, new Date()))
})

test('each feature of the library has its behaviours', () => {
  const folder = join(import.meta.dirname, '../../packages/client/src/features')
  const features = globSync(['*.ts', '*/index.ts'], { cwd: folder })
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => file.split(/[./]/)[0]!)
  const tried = new Set(behaviours.map(({ feature }) => feature))
  assert.deepEqual(
    features.filter((feature) => !tried.has(feature)),
    [],
  )
})

async function play(one: Behaviour, stage: Stage, context: TestContext): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = limitOf(one)
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not come to its end within ${limit / 1000} s`)), limit)
  })
  try {
    await Promise.race([one.run(stage), late])
    await Promise.race([stage.close(), late])
  } catch (error) {
    for (const line of stage.said) context.diagnostic(line)
    await within(stage.close(), 'the end of all devices').catch(() => undefined)
    throw error
  } finally {
    clearTimeout(timer)
  }
}
