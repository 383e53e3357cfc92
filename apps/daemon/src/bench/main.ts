/** The load generator as a process of its own: `node apps/daemon/src/bench/main.ts chat --port 5222`. A table on stderr, one JSON line on stdout. */
import { loadUsage, parseLoadArguments } from './load-arguments.ts'
import { LoadError } from './load-options.ts'
import { resultLine, resultTable } from './load-result.ts'
import { runLoad } from './run-load.ts'

const args = process.argv.slice(2)
if (args.includes('--help') || args.length === 0) {
  process.stdout.write(`${loadUsage}\n`)
} else {
  try {
    const { options, json } = parseLoadArguments(args)
    const result = await runLoad(options)
    if (!json) process.stderr.write(`${resultTable(result)}\n`)
    process.stdout.write(`${resultLine(result)}\n`)
    process.exitCode = result.ready > 0 ? 0 : 1
  } catch (error) {
    if (!(error instanceof LoadError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
  }
}
