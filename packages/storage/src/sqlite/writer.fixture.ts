/**
 * A process for the tests to kill, starve and race: `node writer.fixture.ts <folder> <stanzas> [bytes each] [offline | archive]` opens the
 * folder, prints 'open', appends numbered stanzas with 200 in flight, prints the number of each acknowledged one and 'error <kind>' for
 * each refused one, then 'done', and ends when its standard input does.
 */
import { StorageError } from '../error.ts'
import { createSqliteStorage } from './index.ts'

const [folder = '', count = '0', size = '200', kind = 'offline'] = process.argv.slice(2)
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const limit = { count: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }

const storage = createSqliteStorage({ folder, archiveTail: 50 })
try {
  await storage.open()
  say('open')
} catch (error) {
  if (!(error instanceof StorageError)) throw error
  say(`error ${error.kind}: ${error.message}`)
  process.exit(1)
}

const { offline, documents, archive, resumption } = storage.host('example.org')

/** What becomes of number n, once it is acknowledged. */
const stores: Record<string, (n: number) => Promise<unknown>> = {
  offline: (n) => offline.append('romeo', { id: n + 1, stanza: `${n}`.padEnd(Number(size)), at: n }, limit),
  // As a message between two of our users: in both archives, and on its way to a client that may come back.
  archive: (n) => {
    const stanza = `<message id='m${n}'><body>${n}</body></message>`.padEnd(Number(size))
    const [even, odd] = ['romeo', 'juliet'].map((local, side) => {
      const peer = side === 0 ? 'juliet@example.org' : 'romeo@example.org'
      const message = { id: 2 * n + side + 1, at: n, peer, isOut: side === 0, stanza, origin: `o${n}` }
      return archive.append(local, message)
    })
    return Promise.all([
      even,
      odd,
      resumption.enqueue('juliet', [{ seq: n + 1, at: n, id: 0, isTaken: false, stanza }]),
    ])
  },
}
const store = stores[kind]!
await resumption.put({
  id: 'juliet',
  local: 'juliet',
  resource: 'r',
  handled: 0,
  acknowledged: 0,
  until: 1,
  state: '',
  reached: 0,
})

let next = 0
async function write(): Promise<void> {
  while (next < Number(count)) {
    const n = next++
    try {
      await store(n)
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
