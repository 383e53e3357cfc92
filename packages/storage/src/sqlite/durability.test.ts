import assert from 'node:assert/strict'
import { cp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isStorageError } from '../suite.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { createSqliteStorage } from './index.ts'
import { WriterProcess } from './writer-process.ts'

const hasPosix = process.platform !== 'win32'

test('keeps every acknowledged write when the process is killed while writing', async (t) => {
  const folder = await folderFor(t)
  let acknowledged = 0
  for (const enough of [1, 400, 2500]) {
    const writer = new WriterProcess({ folder, stanzas: 1_000_000 })
    assert.ok(await writer.until((lines) => lines.length > enough), writer.errors)
    await writer.kill()
    acknowledged += writer.acknowledged.length
    const stored = await storedStanzas(folder)
    const missing = writer.acknowledged.filter((n) => !stored.slice(-200_000).includes(n))
    assert.deepEqual(missing, [])
    assert.ok(stored.length >= acknowledged)
    await clear(folder)
    acknowledged = 0
  }
})

test('ignores a torn tail of the write-ahead log, and keeps everything before it', async (t) => {
  const folder = await folderFor(t)
  const writer = new WriterProcess({ folder, stanzas: 600 })
  assert.ok(await writer.until((lines) => lines.includes('done')), writer.errors)
  await writer.kill()
  const wal = (await stat(join(folder, 'rookery.db-wal'))).size
  assert.ok(wal > 0)
  const whole = await storedStanzas(await copyOf(t, folder))
  assert.equal(whole.length, 600)

  const garbage = await copyOf(t, folder) // a write that never became a commit
  await writeFile(join(garbage, 'rookery.db-wal'), Buffer.alloc(10_000, 7), { flag: 'a' })
  assert.deepEqual(await storedStanzas(garbage), whole)

  for (const cut of [1, 4000, 9000, Math.floor(wal / 2)]) {
    const torn = await copyOf(t, folder)
    await truncate(join(torn, 'rookery.db-wal'), wal - cut)
    const rest = await storedStanzas(torn)
    assert.ok(rest.length < whole.length)
    assert.deepEqual(rest, whole.slice(0, rest.length))
  }

  const flipped = await copyOf(t, folder)
  const bytes = await readFile(join(flipped, 'rookery.db-wal'))
  bytes[wal - 100]! ^= 0xff
  await writeFile(join(flipped, 'rookery.db-wal'), bytes)
  const rest = await storedStanzas(flipped)
  assert.deepEqual(rest, whole.slice(0, rest.length))
})

test('acknowledges nothing when a commit fails, and keeps what it acknowledged before', async (t) => {
  if (!hasPosix) return t.skip('file size limits need a POSIX shell')
  const folder = await folderFor(t)
  // The log may not grow beyond 1 MiB: from some commit on, COMMIT itself fails (EFBIG, as ENOSPC would).
  const writer = new WriterProcess({ folder, stanzas: 1500, bytes: 2000, fileBlocks: 2048 })
  t.after(() => writer.kill())
  assert.ok(await writer.until((lines) => lines.includes('done')), writer.errors)
  const refused = writer.lines.filter((line) => line.startsWith('error'))
  assert.ok(writer.acknowledged.length > 0, 'some were acknowledged')
  assert.ok(refused.length > 0, 'some were refused')
  assert.equal(writer.acknowledged.length + refused.length, 1500)
  assert.deepEqual(
    [...new Set(refused)].filter((line) => !['error io', 'error full'].includes(line)),
    [],
  )
  await writer.kill()
  assert.deepEqual(
    (await storedStanzas(folder)).toSorted((a, b) => a - b),
    writer.acknowledged.toSorted((a, b) => a - b),
  )
})

test('refuses what exceeds the size limit, and goes on reading and writing what fits', async (t) => {
  const folder = await folderFor(t)
  const storage = createSqliteStorage({ folder, maxBytes: 400_000 })
  t.after(() => storage.close())
  await storage.open()
  const { documents } = storage.host('example.org')
  await documents.put('romeo', 'small', 'x')
  const large = documents.put('romeo', 'large', 'x'.repeat(500_000))
  const read = documents.get('romeo', 'small')
  await assert.rejects(large, isStorageError('full'))
  assert.equal(await read, 'x')
  await documents.put('romeo', 'next', 'z')
  assert.deepEqual(
    (await documents.list('romeo')).map(({ key }) => key),
    ['next', 'small'],
  )
})

/** The numbers the writer stored, in order. */
async function storedStanzas(folder: string): Promise<number[]> {
  const storage = createSqliteStorage({ folder })
  await storage.open()
  const entries = await storage.host('example.org').offline.read('romeo', 0, Number.POSITIVE_INFINITY)
  await storage.close()
  return entries.map(({ stanza }) => Number(stanza.trim()))
}

async function clear(folder: string): Promise<void> {
  const storage = createSqliteStorage({ folder })
  await storage.open()
  const { offline } = storage.host('example.org')
  const entries = await offline.read('romeo', 0, Number.POSITIVE_INFINITY)
  await offline.remove(
    'romeo',
    entries.map(({ id }) => id),
  )
  await storage.close()
}

interface Context {
  after(cleanUp: () => Promise<void>): void
}

async function folderFor(t: Context): Promise<string> {
  const folder = await temporaryFolder()
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

async function copyOf(t: Context, folder: string): Promise<string> {
  const copy = await folderFor(t)
  await cp(folder, copy, { recursive: true })
  return copy
}
