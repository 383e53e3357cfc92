/** `rookery bench`: the load generator of src/bench behind the command; its arguments are its own. */
import { loadUsage, parseLoadArguments } from '../bench/load-arguments.ts'
import { LoadError } from '../bench/load-options.ts'
import { resultLine, resultTable } from '../bench/load-result.ts'
import { runLoad } from '../bench/run-load.ts'
import { Failure } from '../failure.ts'

export async function bench(words: readonly string[]): Promise<number> {
  if (words.length === 0 || words.includes('--help') || words.includes('-h')) {
    process.stdout.write(`${loadUsage}\n`)
    return 0
  }
  try {
    const { options, json } = parseLoadArguments(words)
    const result = await runLoad(options)
    process.stdout.write(`${json ? resultLine(result) : resultTable(result)}\n`)
    return result.ready > 0 ? 0 : 1
  } catch (error) {
    if (error instanceof LoadError) throw new Failure(error.message, { cause: error })
    throw error
  }
}
