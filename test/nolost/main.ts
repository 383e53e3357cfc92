/** `node test/nolost/main.ts --help`: one run against one server, as long as you like. Exit code 1 when this project's server broke a promise. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseOptions, type RunOptions, usage } from './options.ts'
import { isClean, table } from './report.ts'
import { run } from './run.ts'

const say = (text: string): void => void process.stdout.write(`${text}\n`)

function options(): RunOptions | undefined {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    say(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

const chosen = options()
if (chosen === undefined) say(usage)
else {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  say(`nolost: ${chosen.target}, seed ${chosen.seed}`)
  const report = await run(chosen, say)
  const text = table(report)
  say(`\n${text}`)
  if (chosen.folder !== undefined) writeFileSync(join(chosen.folder, 'report.txt'), `${text}\n`)
  process.exitCode = chosen.target === 'rookery' && !isClean(report) ? 1 : 0
}
