import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storageSuite } from '../suite.ts'
import { createMemoryStorage } from './index.ts'

storageSuite('memory', async () => {
  const storage = createMemoryStorage()
  await storage.open()
  return storage
})

test('answers only after the commit a test holds back', async () => {
  const gate = Promise.withResolvers<void>()
  const storage = createMemoryStorage({ commit: () => gate.promise })
  await storage.open()
  let isAnswered = false
  const put = storage
    .host('a')
    .documents.put('romeo', 'a', '1')
    .then(() => {
      isAnswered = true
    })
  await new Promise(setImmediate)
  assert.equal(isAnswered, false)
  gate.resolve()
  await put
  await storage.close()
})
