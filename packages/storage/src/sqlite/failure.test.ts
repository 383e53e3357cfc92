import assert from 'node:assert/strict'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { StorageError } from '../error.ts'
import { isStorageError } from '../suite.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { Connection } from './connection.ts'
import { openDatabase } from './database.ts'
import { GroupCommit } from './group-commit.ts'
import { createSqliteStorage } from './index.ts'
import { COMMITTED, OPERATIONS } from './message.ts'

const PUT = OPERATIONS.indexOf('documents.put')
const GET = OPERATIONS.indexOf('documents.get')
const APPEND = OPERATIONS.indexOf('offline.append')

test('undoes an operation that fails alone, and only that', async (t) => {
  const folder = await temporaryFolder()
  t.after(() => rm(folder, { recursive: true }))
  const storage = createSqliteStorage({ folder })
  t.after(() => storage.close())
  await storage.open()
  const { offline, documents } = storage.host('example.org')
  const limit = { count: 10, bytes: 1000 }
  const before = documents.put('romeo', 'a', '1')
  const failing = offline.append('tybalt', { id: 1, stanza: '<a/>', at: 0.5 }, limit) // the column is an integer
  const after = offline.append('tybalt', { id: 2, stanza: '<b/>', at: 1 }, limit)
  const read = offline.size('tybalt')
  await before
  await assert.rejects(failing, (error: StorageError) => {
    assert.equal(error.operation, 'offline.append')
    return isStorageError('invalid')(error)
  })
  assert.equal(await after, 'stored')
  assert.deepEqual(await read, { count: 1, bytes: 4 })
  assert.equal(await documents.get('romeo', 'a'), '1')
  await storage.close()
})

test('rejects every write of a group whose commit fails, and runs the next one afresh', async (t) => {
  const folder = await temporaryFolder()
  t.after(() => rm(folder, { recursive: true }))
  const database = openDatabase({ folder, maxBytes: undefined })
  // A deferred foreign key is the one thing that makes COMMIT itself fail at will.
  database.exec(`PRAGMA foreign_keys = ON;
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER fail AFTER INSERT ON document WHEN NEW.key = 'bad' BEGIN INSERT INTO child VALUES (1); END`)
  const commits = new GroupCommit(database, folder)
  const group = [PUT, 'a.org', 'romeo', 'good', '1', PUT, 'a.org', 'romeo', 'bad', '1', GET, 'a.org', 'romeo', 'good']
  const [kind, results, failed] = commits.run([group, [GET, 'a.org', 'romeo', 'good']])
  assert.equal(kind, COMMITTED)
  assert.deepEqual(results, [undefined, undefined, undefined, undefined])
  assert.ok(Array.isArray(failed))
  assert.deepEqual(
    failed.map(([position]) => position),
    [0, 1],
  )
  assert.deepEqual(commits.run([group.slice(0, 5)]), [COMMITTED, [undefined], undefined])
  assert.deepEqual(commits.run([[GET, 'a.org', 'romeo', 'good']]), [COMMITTED, ['1'], undefined])
  database.close()
})

for (const file of ['rookery.db', 'rookery.db-wal']) {
  test(`promises nothing once ${file} is not in its place any more, and reads on`, async (t) => {
    const folder = await temporaryFolder()
    t.after(() => rm(folder, { recursive: true }))
    const storage = createSqliteStorage({ folder })
    t.after(() => storage.close())
    await storage.open()
    const { documents } = storage.host('a.org')
    await documents.put('romeo', 'a', '1')
    await rename(join(folder, file), join(folder, 'elsewhere'))
    await assert.rejects(documents.put('romeo', 'a', '2'), isStorageError('access'))
    assert.equal(await documents.get('romeo', 'a'), '1')
    await rename(join(folder, 'elsewhere'), join(folder, file))
    await documents.put('romeo', 'a', '3')
    assert.equal(await documents.get('romeo', 'a'), '3')
  })
}

test('does not remember ids that a rollback took back', async (t) => {
  const folder = await temporaryFolder()
  t.after(() => rm(folder, { recursive: true }))
  const database = openDatabase({ folder, maxBytes: undefined })
  const commits = new GroupCommit(database, folder)
  const failed = [APPEND, 'a.org', 'tybalt', '<a/>', 0.5, 10, 1000]
  const answer = commits.run([failed, [PUT, 'a.org', 'romeo', 'k', 'of romeo']])
  assert.equal(answer[0], COMMITTED)
  commits.run([[PUT, 'a.org', 'tybalt', 'k', 'of tybalt']])
  const read = [GET, 'a.org', 'romeo', 'k', GET, 'a.org', 'tybalt', 'k']
  assert.deepEqual(commits.run([read]), [COMMITTED, ['of romeo', 'of tybalt'], undefined])
  database.close()
})

test('rejects everything and says so once when the worker dies', async (t) => {
  const folder = await temporaryFolder()
  t.after(() => rm(folder, { recursive: true }))
  const failures: StorageError[] = []
  const connection = new Connection({ folder, onFailure: (error) => failures.push(error) })
  t.after(() => connection.close())
  await connection.opened
  const nothing = (): undefined => undefined
  await connection.queue.submit(PUT, ['a.org', 'romeo', 'a', '1'], nothing)
  const unknown = connection.queue.submit(OPERATIONS.length, [], nothing) // the worker throws where nobody catches
  const innocent = connection.queue.submit(GET, ['a.org', 'romeo', 'a'], nothing)
  await assert.rejects(unknown, isStorageError('failed'))
  await assert.rejects(innocent, isStorageError('failed'))
  await assert.rejects(connection.queue.submit(GET, ['a.org', 'romeo', 'a'], nothing), isStorageError('failed'))
  assert.equal(failures.length, 1)
  assert.ok(failures[0]!.message.includes(folder))
  const again = createSqliteStorage({ folder })
  await again.open()
  assert.equal(await again.host('a.org').documents.get('romeo', 'a'), '1')
  await again.close()
})

test('refuses a function in place of data without harm to others', async (t) => {
  const folder = await temporaryFolder()
  t.after(() => rm(folder, { recursive: true }))
  const storage = createSqliteStorage({ folder })
  t.after(() => storage.close())
  await storage.open()
  const { documents } = storage.host('a.org')
  const put = documents.put('romeo', 'a', '1')
  await assert.rejects(documents.put('romeo', 'b', (() => '2') as unknown as string), isStorageError('invalid'))
  await put
})
