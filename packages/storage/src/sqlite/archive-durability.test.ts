import assert from 'node:assert/strict'
import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { message } from '../suite/archive.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { openDatabase } from './database.ts'
import { GroupCommit } from './group-commit.ts'
import { createSqliteStorage } from './index.ts'
import { COMMITTED, FAILED, OPERATIONS, type Operation, type Value } from './message.ts'
import { WriterProcess } from './writer-process.ts'

const ALL = { limit: Number.POSITIVE_INFINITY }
const WAL = 'rookery.db-wal'

interface Context {
  after(cleanUp: () => Promise<void>): void
}

const code = (operation: Operation): number => OPERATIONS.indexOf(operation)

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

/** The numbers in both archives and in the queue, in order. What all indexes say of them must be the same. */
async function storedNumbers(folder: string): Promise<number[]> {
  const storage = createSqliteStorage({ folder })
  await storage.open()
  const { archive, resumption } = storage.host('example.org')
  try {
    const { entries } = await archive.page('romeo', {}, ALL)
    const numbers = entries.map(({ id }) => (id - 1) / 2)
    const sides = [
      ['romeo', 'juliet@example.org', true],
      ['juliet', 'romeo@example.org', false],
    ] as const
    for (const [side, [local, peer, isOut]] of sides.entries()) {
      const ids = numbers.map((n) => 2 * n + side + 1)
      const all = await archive.page(local, {}, ALL)
      const withPeer = await archive.page(local, { peer }, { ...ALL, fromEnd: true })
      for (const page of [all, withPeer])
        assert.deepEqual(
          page.entries.map(({ id }) => id),
          ids,
        )
      assert.equal(await archive.count(local, {}), ids.length)
      const known = numbers.map((n) => archive.append(local, { ...message(2 ** 40), peer, isOut, origin: `o${n}` }))
      assert.deepEqual(await Promise.all(known), ids)
    }
    const queue = await resumption.queue('juliet', 0, Number.POSITIVE_INFINITY)
    assert.deepEqual(
      queue.map(({ seq }) => seq - 1),
      numbers,
    )
    assert.equal(await archive.lastId(), numbers.length === 0 ? 0 : 2 * numbers.at(-1)! + 2)
    return numbers
  } finally {
    await storage.close()
  }
}

test('keeps every acknowledged message in both archives and in the queue when the process is killed', async (t) => {
  for (const enough of [1, 300, 1500]) {
    const folder = await folderFor(t)
    const writer = new WriterProcess({ folder, stanzas: 1_000_000, kind: 'archive' })
    assert.ok(await writer.until((lines) => lines.length > enough), writer.errors)
    await writer.kill()
    const stored = await storedNumbers(folder)
    assert.deepEqual(
      writer.acknowledged.filter((n) => !stored.includes(n)),
      [],
    )
  }
})

test('knows a torn end and flipped bits of the log, and keeps what was committed before', async (t) => {
  const folder = await folderFor(t)
  const writer = new WriterProcess({ folder, stanzas: 600, kind: 'archive' })
  assert.ok(await writer.until((lines) => lines.includes('done')), writer.errors)
  await writer.kill()
  const log = await readFile(join(folder, WAL))
  const whole = await storedNumbers(await copyOf(t, folder))
  assert.equal(whole.length, 600)
  for (let i = 1; i < 8; i++) {
    const at = Math.floor((log.length / 8) * i)
    const torn = await copyOf(t, folder)
    await truncate(join(torn, WAL), at)
    const flipped = await copyOf(t, folder)
    const bytes = Buffer.from(log)
    bytes[at]! ^= 1 << i
    await writeFile(join(flipped, WAL), bytes)
    for (const damaged of [torn, flipped]) {
      const rest = await storedNumbers(damaged)
      assert.ok(rest.length < whole.length)
      assert.deepEqual(rest, whole.slice(0, rest.length))
    }
  }
})

test('erases what removed accounts left, also if the process ends meanwhile', async (t) => {
  const folder = await folderFor(t)
  const storage = createSqliteStorage({ folder, archiveTail: 100 })
  t.after(() => storage.close())
  await storage.open()
  const { archive, accounts } = storage.host('example.org')
  const stanza = '<message><body>secret</body></message>'
  const appends = Array.from({ length: 2000 }, (_, i) =>
    archive.append(i < 1990 ? 'romeo' : 'juliet', message(i + 1, { stanza, origin: `o${i}` })),
  )
  await Promise.all(appends)
  for (const local of ['romeo', 'juliet'])
    assert.equal(await archive.count(local, { words: ['secret'] }), local === 'romeo' ? 1990 : 10)
  await accounts.remove('romeo')
  await storage.close()
  await storage.open()
  await accounts.remove('nobody') // the sweep that began with the start ends before the one that begins now
  for (let i = 0; i < 20; i++) await archive.lastId()
  await storage.close()
  const database = new DatabaseSync(join(folder, 'rookery.db'))
  const count = (table: string) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n
  for (const table of ['archive_message', 'archive_by_account', 'archive_by_peer', 'archive_by_name'])
    assert.ok((count(table) as number) <= 10, table)
  assert.equal(count('archive'), 1)
  database.exec('CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, archive_words, instance)')
  assert.equal(count('temp.terms'), 10, 'words of those who are still there')
  database.close()
})

test('forgets words that were replaced or trimmed', async (t) => {
  const folder = await folderFor(t)
  const storage = createSqliteStorage({ folder })
  t.after(() => storage.close())
  await storage.open()
  const { archive } = storage.host('example.org')
  for (const [i, word] of ['replaced', 'trimmed', 'kept'].entries())
    await archive.append('romeo', message(i + 1, { stanza: `<message><body>${word}</body></message>`, at: i }))
  assert.equal(await archive.count('romeo', { words: ['kept'] }), 1)
  await archive.replace('romeo', 1, '<message/>')
  await archive.replace('romeo', 3, '<message><body>other</body></message>')
  await archive.trim({ olderThan: 2 }, 9)
  await storage.close()
  const database = new DatabaseSync(join(folder, 'rookery.db'))
  database.exec('CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, archive_words, instance)')
  assert.deepEqual(
    database
      .prepare('SELECT term FROM temp.terms')
      .all()
      .map(({ term }) => term),
    ['1_other'],
  )
  database.close()
})

for (const isAnew of [false, true]) {
  test(`leaves nothing in an index of what is removed while it is merged${isAnew ? ' and a process began anew' : ''}`, async (t) => {
    const folder = await folderFor(t)
    const database = openDatabase({ folder, maxBytes: undefined })
    database.exec('PRAGMA synchronous = OFF') // nobody pulls the plug here
    let id = 0
    let commits = new GroupCommit(database, folder, 200)
    const append = (count: number) => {
      for (let i = 0; i < count; i++)
        commits.run([
          [code('archive.append'), 'a.org', `u${i % 3}`, ++id, id, `p${i % 5}@x`, true, `<m id='s${id}'/>`, `o${id}`],
        ])
    }
    const rows = (where: string) => database.prepare(`SELECT id FROM ${where}`).all()
    for (let merged = 0; merged <= 160; merged += 8) {
      append(200 + merged) // this many messages after the merge began
      if (isAnew) commits = new GroupCommit(database, folder, 200)
      commits.run([
        [code('archive.trim'), 'a.org', id - 5, 1e9, 150, 0],
        [code('archive.trim'), 'a.org', id - 5, 1e9, 1000, 0],
      ])
      append(450)
      for (const table of ['archive_by_account', 'archive_by_peer', 'archive_by_name']) {
        assert.deepEqual(rows(`${table} WHERE id NOT IN (SELECT id FROM archive_message)`), [], `${merged} ${table}`)
        const merging = `archive_message, archive_state WHERE id <= merged AND id NOT IN (SELECT id FROM ${table})`
        assert.deepEqual(rows(merging), [], `${merged} ${table}`)
      }
    }
    database.close()
  })
}

test('what memory knows of archives follows transactions that are undone', async (t) => {
  const folder = await folderFor(t)
  const database = openDatabase({ folder, maxBytes: undefined })
  // A deferred foreign key makes COMMIT itself fail at will.
  database.exec(`PRAGMA foreign_keys = ON;
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER fail AFTER INSERT ON document WHEN NEW.key = 'bad' BEGIN INSERT INTO child VALUES (1); END`)
  const commits = new GroupCommit(database, folder, 5)
  const append = (id: number): Value[] => [
    code('archive.append'),
    'a.org',
    'romeo',
    id,
    id,
    'b@x',
    true,
    `<m${id}/>`,
    `o${id}`,
  ]
  const bad: Value[] = [code('documents.put'), 'a.org', 'romeo', 'bad', '1']
  const ask: Value[] = [
    ...[code('archive.page'), 'a.org', 'romeo', [], 999, false, 0],
    ...[code('archive.count'), 'a.org', 'romeo', Array.from({ length: 7 }, () => undefined)],
    ...[code('archive.lastId'), 'a.org'],
  ]
  const replace: Value[] = [code('archive.replace'), 'a.org', 'romeo', 1, '<m1 longer/>']
  const trim = (limit: number): Value[] => [code('archive.trim'), 'a.org', 3, 1e9, limit, 0]
  for (let round = 0; round < 60; round++) {
    const first = 1 + round * 4
    const before = commits.run([ask])
    const undone = commits.run([
      [...append(first), ...replace, ...append(first + 1), ...trim(1), ...bad, ...append(first + 2)],
    ])
    assert.ok(undone[0] === COMMITTED || undone[0] === FAILED)
    assert.deepEqual(commits.run([ask]), before, `round ${round}`)
    const done = commits.run([[...append(first), ...append(first + 1), ...append(first + 1), ...append(first + 3)]])
    assert.deepEqual(done, [COMMITTED, [undefined, undefined, first + 1, undefined], undefined])
    if (round % 9 === 8) commits.run([trim(1)])
  }
  const answer = commits.run([ask])
  assert.ok(answer[0] === COMMITTED)
  const [page, count] = answer[1] as [Value[], number]
  assert.equal((page.length - 4) / 5, count)
  assert.deepEqual([count, page.at(-5)], [60 * 3 - 2, 240])
  assert.deepEqual(new GroupCommit(database, folder, 5).run([ask]), answer, 'what is read again at a start is the same')
  database.close()
})
