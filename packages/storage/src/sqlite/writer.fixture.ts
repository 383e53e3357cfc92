/**
 * A process for the tests to kill, starve and race: `node writer.fixture.ts <folder> <stanzas> [bytes each]` opens the folder, prints
 * 'open', appends numbered stanzas with 200 in flight, prints the number of each acknowledged one and 'error <kind>' for each refused
 * one, then 'done', and ends when its standard input does.
 */
import { StorageError } from '../error.ts'
import { createSqliteStorage } from './index.ts'

const [folder = '', count = '0', size = '200'] = process.argv.slice(2)
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const limit = { count: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }

const storage = createSqliteStorage({ folder })
try {
  await storage.open()
  say('open')
} catch (error) {
  if (!(error instanceof StorageError)) throw error
  say(`error ${error.kind}: ${error.message}`)
  process.exit(1)
}

const { offline, documents } = storage.host('example.org')
let next = 0
async function write(): Promise<void> {
  while (next < Number(count)) {
    const n = next++
    try {
      await offline.append('romeo', { stanza: `${n}`.padEnd(Number(size)), at: n }, limit)
      say(`${n}`)
    } catch (error) {
      say(`error ${(error as StorageError).kind}`)
    }
  }
}
await Promise.all(Array.from({ length: 200 }, write))
await documents.get('romeo', 'still answering?')
say('done')
process.stdin.resume().on('end', async () => {
  await storage.close()
  say('closed')
})
