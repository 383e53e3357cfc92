/** What is removed is gone from the file, too: SQLite by itself leaves it in the free space of its pages. */
import assert from 'node:assert/strict'
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { message } from '../suite/archive.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { createSqliteStorage } from './index.ts'

const unlimited = { count: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }

/** Which of the words are anywhere in the files. */
async function wordsIn(folder: string, words: readonly string[]): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.startsWith('rookery.db'))
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'latin1')))
  return words.filter((word) => texts.some((text) => text.includes(word)))
}

test('the text of what was taken back, delivered, trimmed or erased with its account is not left in the files', async (t) => {
  const folder = await temporaryFolder()
  t.after(() => rm(folder, { recursive: true }))
  const storage = createSqliteStorage({ folder })
  t.after(() => storage.close())
  const words = ['slip', 'queued', 'ancient', 'erased', 'stays']
  const stanza = (word: string, id: number): string =>
    `<message id='m${id}'><body>${word} ${'.'.repeat(800)}</body></message>`
  await storage.open()
  {
    const { accounts, archive, offline } = storage.host('example.org')
    for (const local of ['romeo', 'juliet', 'nurse']) await accounts.create({ local, credentials: [], created: 0 })
    let id = 0
    const append = async (local: string, word: string, count: number) => {
      for (let i = 0; i < count; i++) await archive.append(local, message(++id, { stanza: stanza(word, id) }))
    }
    await append('romeo', 'ancient', 50)
    await append('romeo', 'slip', 1)
    await append('juliet', 'erased', 50)
    await append('romeo', 'stays', 1)
    for (let i = 1; i <= 50; i++)
      await offline.append('nurse', { id: i, at: i, stanza: stanza('queued', i) }, unlimited)
  }
  await storage.close()
  assert.deepEqual(await wordsIn(folder, words), words)

  await storage.open()
  {
    const { accounts, archive, offline } = storage.host('example.org')
    await archive.replace('romeo', 51, "<message id='m51'><retracted/></message>")
    await archive.trim({ olderThan: 1051 }, 1000)
    await offline.remove(
      'nurse',
      Array.from({ length: 50 }, (_, i) => i + 1),
    )
    await accounts.remove('juliet')
    await accounts.remove('nobody') // its sweep begins when that of juliet's messages has ended
  }
  await storage.close()
  assert.deepEqual(await wordsIn(folder, words), ['stays'])
})
