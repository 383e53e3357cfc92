/** `node test/nolost/recheck.ts FOLDER`: checks the journals and archives of an earlier run again, and says all that it finds. */
import { check } from './checker.ts'
import { readHistory } from './journal.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('which folder?')
const { counts, examples } = check(readHistory(folder), Number.POSITIVE_INFINITY)
process.stdout.write(`${JSON.stringify(counts)}\n${examples.map(({ rule, text }) => `${rule} ${text}\n`).join('')}`)
