/** Processes that end before they have merged what they had in memory: the next ones do not have ever more of it. */
import assert from 'node:assert/strict'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { temporaryFolder } from '../temporary-folder.ts'
import { DATABASE_FILE } from './database.ts'
import { createSqliteStorage } from './index.ts'

const archiveTail = 100
/** Too few for a merge to end while they come. */
const each = 60

/** Messages that are in no index table. */
function unmerged(folder: string): number {
  const database = new DatabaseSync(join(folder, DATABASE_FILE), { readOnly: true })
  try {
    const rest = 'SELECT count(*) AS count FROM archive_message WHERE id > (SELECT merged FROM archive_state)'
    return (database.prepare(rest).get() as { count: number }).count
  } finally {
    database.close()
  }
}

test('what short lives leave does not grow, and nothing is missing or counted twice', async (t) => {
  const folder = await temporaryFolder()
  t.after(() => rm(folder, { recursive: true }))
  let id = 0
  const said = new Map<string, number[]>()
  for (let life = 0; life < 30; life++) {
    const storage = createSqliteStorage({ folder, archiveTail })
    await storage.open()
    const { archive } = storage.host('localhost')
    const appended: Promise<unknown>[] = []
    for (let i = 0; i < each; i++) {
      const local = `user${i % 7}`
      const peer = `peer${i % 3}@localhost`
      id++
      said.set(local, [...(said.get(local) ?? []), id])
      const stanza = `<message id='m${id}'><body>${id}</body></message>`
      appended.push(archive.append(local, { id, at: id, peer, isOut: false, stanza, origin: `o${id}` }))
    }
    await Promise.all(appended)
    for (const [local, ids] of said) {
      assert.equal(await archive.count(local, {}), ids.length)
      const { entries } = await archive.page(local, {}, { limit: 1000 })
      assert.deepEqual(
        entries.map((entry) => entry.id),
        ids,
      )
      const last = ids.at(-1)!
      const peer = entries.at(-1)!.peer
      assert.equal((await archive.find(local, peer, false, `o${last}`))?.id, last)
      assert.equal((await archive.find(local, peer, false, `m${last}`))?.id, last)
    }
    await storage.close()
    assert.ok(unmerged(folder) <= 2 * archiveTail + each, `life ${life}: ${unmerged(folder)}`)
  }
})

test('what cannot be merged at the start because the disk is full stays in memory', async (t) => {
  const folder = await temporaryFolder()
  t.after(() => rm(folder, { recursive: true }))
  const said = 3000
  const writer = createSqliteStorage({ folder }) // has more in memory
  await writer.open()
  const message = (id: number) => ({
    id,
    at: id,
    peer: 'romeo@localhost',
    isOut: false,
    stanza: `<message id='m${id}'/>`,
  })
  const host = writer.host('localhost')
  await Promise.all(Array.from({ length: said }, (_, i) => host.archive.append('juliet', message(i + 1))))
  await writer.close()
  const { size } = await stat(join(folder, DATABASE_FILE))

  const full = createSqliteStorage({ folder, archiveTail: 40, maxBytes: size })
  await full.open()
  const { archive } = full.host('localhost')
  assert.equal(await archive.count('juliet', {}), said)
  assert.equal((await archive.page('juliet', {}, { limit: 4000 })).entries.length, said)
  await full.close()
  assert.ok(unmerged(folder) > 80) // as far as there was room

  const roomy = createSqliteStorage({ folder, archiveTail: 40 })
  await roomy.open()
  assert.equal(await roomy.host('localhost').archive.count('juliet', {}), said)
  await roomy.close()
  assert.ok(unmerged(folder) <= 80)
})
