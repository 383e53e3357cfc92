/** Where counting is given up: how much of a long archive matches is not worth going through it. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { temporaryFolder } from '../temporary-folder.ts'
import { createSqliteStorage } from './index.ts'

test('counts a long archive whole, and what matches only where that is not too many', async (t) => {
  const folder = await temporaryFolder()
  t.after(() => rm(folder, { recursive: true }))
  const storage = createSqliteStorage({ folder })
  await storage.open()
  t.after(() => storage.close())
  const { archive } = storage.host('localhost')
  const last = 4500
  const entry = (id: number) => ({
    id,
    at: id,
    peer: 'juliet@localhost',
    isOut: true,
    stanza: `<message id='m${id}'/>`,
  })
  await Promise.all(Array.from({ length: last }, (_, i) => archive.append('romeo', entry(i + 1))))
  assert.equal(await archive.count('romeo', {}), last)
  assert.equal(await archive.count('romeo', { peer: 'juliet@localhost' }), undefined)
  assert.equal(await archive.count('romeo', { peer: 'juliet@localhost', before: 3001 }), 3000)
  assert.equal(await archive.count('romeo', { before: 3001 }), 3000)
  assert.equal(await archive.count('romeo', { before: last }), undefined)
  assert.equal(await archive.count('romeo', { after: last - 10 }), 10)
  assert.equal(await archive.count('romeo', { after: 10 }), undefined)
})
