import assert from 'node:assert/strict'
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { StorageErrorKind } from '../error.ts'
import { isStorageError } from '../suite.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { openDatabase } from './database.ts'
import { createSqliteStorage } from './index.ts'
import { MIGRATIONS, migrate } from './migrations.ts'
import { WriterProcess } from './writer-process.ts'

interface Context {
  after(cleanUp: () => Promise<void>): void
}

async function folderFor(t: Context): Promise<string> {
  const folder = await temporaryFolder()
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function assertRefused(folder: string, kind: StorageErrorKind): Promise<void> {
  const storage = createSqliteStorage({ folder })
  await assert.rejects(storage.open(), (error: Error) => {
    assert.ok(error.message.includes(folder), error.message)
    return isStorageError(kind)(error)
  })
  await storage.close()
}

test('makes a missing folder that nobody else can look into', async (t) => {
  const folder = join(await folderFor(t), 'a', 'b')
  const storage = createSqliteStorage({ folder })
  t.after(() => storage.close())
  await storage.open()
  await storage.host('example.org').documents.put('', 'a', '1')
  if (process.platform !== 'win32') {
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    for (const file of ['rookery.db', 'rookery.db-wal']) assert.equal((await stat(join(folder, file))).mode & 0o077, 0)
  }
  await storage.close()
})

test('refuses a second process on the same folder, until the first is killed', async (t) => {
  const folder = await folderFor(t)
  const first = new WriterProcess({ folder, stanzas: 1 })
  t.after(() => first.kill())
  assert.ok(await first.until((lines) => lines.includes('done')), first.errors)
  const second = new WriterProcess({ folder, stanzas: 1 })
  assert.equal(await second.until((lines) => lines.includes('open')), false)
  assert.match(second.lines.join('\n'), /^error locked: The folder .* is in use by another process/)
  assert.ok(second.lines[0]!.includes(folder))
  await assertRefused(folder, 'locked')
  await first.kill()
  const third = new WriterProcess({ folder, stanzas: 1 })
  assert.ok(await third.until((lines) => lines.includes('done')), third.errors)
  await third.finish()
  assert.equal(third.lines.at(-1), 'closed')
})

test('refuses a second storage on the same folder in the same process, without losing the lock', async (t) => {
  const folder = await folderFor(t)
  const storage = createSqliteStorage({ folder })
  t.after(() => storage.close())
  await storage.open()
  await assertRefused(folder, 'locked')
  const other = new WriterProcess({ folder, stanzas: 1 })
  assert.equal(await other.until((lines) => lines.includes('open')), false)
  await storage.host('a').documents.put('', 'a', '1')
  await storage.close()
  const next = createSqliteStorage({ folder })
  await next.open()
  await next.close()
})

test('refuses a file that is no database', async (t) => {
  const folder = await folderFor(t)
  await writeFile(join(folder, 'rookery.db'), 'this is not a database, '.repeat(1000))
  await assertRefused(folder, 'corrupt')
  assert.match(await readFile(join(folder, 'rookery.db'), 'latin1'), /^this is not/)
})

test('refuses the database of another program', async (t) => {
  const folder = await folderFor(t)
  const database = new DatabaseSync(join(folder, 'rookery.db'))
  database.exec('CREATE TABLE theirs (x)')
  database.close()
  await assertRefused(folder, 'corrupt')
})

test('answers a damaged page with an error and lives on', async (t) => {
  const folder = await folderFor(t)
  const path = join(folder, 'rookery.db')
  const storage = createSqliteStorage({ folder })
  t.after(() => storage.close())
  await storage.open()
  const { documents } = storage.host('example.org')
  for (let i = 0; i < 200; i++) await documents.put('romeo', `${i}`, 'x'.repeat(500))
  await storage.close()
  const bytes = await readFile(path)
  bytes.fill(0xee, bytes.length - 8 * 4096) // the last pages hold documents
  await writeFile(path, bytes)
  await storage.open()
  const answers = await Promise.allSettled(Array.from({ length: 200 }, (_, i) => documents.get('romeo', `${i}`)))
  const refused = answers.filter((answer) => answer.status === 'rejected')
  assert.ok(refused.length > 0)
  for (const { reason } of refused) isStorageError('corrupt')(reason)
  assert.equal(await storage.host('example.org').accounts.count(), 0)
  await storage.close()
})

test('refuses a folder that is a file', async (t) => {
  const folder = join(await folderFor(t), 'file')
  await writeFile(folder, '')
  await assertRefused(folder, 'access')
  await assertRefused(join(folder, 'below'), 'access')
})

/** What a process of its own says when it cannot open the folder. */
async function refusalOf(folder: string): Promise<string> {
  const writer = new WriterProcess({ folder, stanzas: 1, obeysModes: true })
  await writer.until(() => false)
  return writer.lines.join('\n') + writer.errors
}

test('refuses a folder it may not write', async (t) => {
  if (process.platform === 'win32') return t.skip('file modes need POSIX')
  const folder = await folderFor(t)
  await chmod(folder, 0o500)
  assert.match(await refusalOf(folder), /^error access: The folder .* cannot be read and written/)
  await chmod(folder, 0o700)
})

test('refuses a database file it may only read', async (t) => {
  if (process.platform === 'win32') return t.skip('file modes need POSIX')
  const folder = await folderFor(t)
  const storage = createSqliteStorage({ folder })
  t.after(() => storage.close())
  await storage.open()
  await storage.close()
  const path = join(folder, 'rookery.db')
  await chmod(path, 0o400)
  assert.match(await refusalOf(folder), /^error access: The folder .* cannot be read and written/)
})

test('migrates the database of an older version and keeps its data', async (t) => {
  const folder = await folderFor(t)
  const old = openDatabase({ folder, maxBytes: undefined }, MIGRATIONS.slice(0, 1))
  old.exec(`INSERT INTO jid VALUES (1, 'example.org'), (2, 'romeo@example.org');
    INSERT INTO account VALUES (1, 'romeo', 2, 1234)`)
  old.close()
  const storage = createSqliteStorage({ folder })
  t.after(() => storage.close())
  await storage.open()
  const { accounts, documents } = storage.host('example.org')
  assert.deepEqual(await accounts.get('romeo'), { local: 'romeo', created: 1234, credentials: [] })
  await documents.put('romeo', 'a', '1')
  assert.equal(await documents.get('romeo', 'a'), '1')
  await storage.close()
})

test('keeps what waited for somebody in a database of before ids', async (t) => {
  const folder = await folderFor(t)
  const old = openDatabase({ folder, maxBytes: undefined }, MIGRATIONS.slice(0, 6))
  old.exec(`
    INSERT INTO jid VALUES (1, 'example.org'), (2, 'romeo@example.org');
    INSERT INTO offline_queue VALUES (2, 2, 8);
    INSERT INTO offline_entry (owner, at, stanza) VALUES (2, 5, '<a/>'), (2, 6, '<b/>');
    INSERT INTO resumption VALUES (1, 1, 's', 2, 'romeo', 'x', 7, '');
    INSERT INTO resumption_count VALUES (1, 3, 4);
    INSERT INTO resumption_stanza VALUES (1, 5, 8, '<c/>');`)
  old.close()
  const storage = createSqliteStorage({ folder })
  t.after(() => storage.close())
  await storage.open()
  const { offline, resumption } = storage.host('example.org')
  assert.deepEqual(
    (await offline.read('romeo', 0, 9)).map(({ stanza }) => stanza),
    ['<a/>', '<b/>'],
  )
  assert.deepEqual(await resumption.queue('s', 0, 9), [{ seq: 5, at: 8, id: 0, isTaken: false, stanza: '<c/>' }])
})

test('undoes all steps of a migration if one fails', async (t) => {
  const folder = await folderFor(t)
  openDatabase({ folder, maxBytes: undefined }, MIGRATIONS.slice(0, 1)).close()
  const steps = [...MIGRATIONS, 'CREATE TABLE late (x); CREATE TABLE jid (x)']
  assert.throws(() => openDatabase({ folder, maxBytes: undefined }, steps), /jid already exists/)
  const database = openDatabase({ folder, maxBytes: undefined }, MIGRATIONS.slice(0, 1))
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all()
  assert.deepEqual(
    tables.map(({ name }) => name),
    ['account', 'credential', 'jid'],
  )
  migrate(database, folder)
  database.close()
})

test('refuses a database of a newer version', async (t) => {
  const folder = await folderFor(t)
  openDatabase({ folder, maxBytes: undefined }, [...MIGRATIONS, 'CREATE TABLE later (x)']).close()
  await assertRefused(folder, 'schema')
})
