import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InternCache } from './intern-cache.ts'

test('never holds more than its bound', () => {
  const cache = new InternCache<number>(10)
  for (let index = 0; index < 1000; index++) {
    cache.set(`key ${index}`, index)
    assert.ok(cache.size <= 10)
  }
})

test('keeps what is still asked for and forgets the rest', () => {
  const cache = new InternCache<number>(10)
  cache.set('wanted', 1)
  cache.set('unwanted', 2)
  for (let index = 0; index < 100; index++) {
    cache.set(`key ${index}`, index)
    assert.equal(cache.get('wanted'), 1)
  }
  assert.equal(cache.get('unwanted'), undefined)
})
