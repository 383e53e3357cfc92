import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NameHash } from './name-hash.ts'

const hash = new NameHash(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]))

test('tells apart what differs in anything', () => {
  const texts = [
    '',
    '\0',
    '\0\0',
    'a',
    'a\0',
    '\0a',
    'ab',
    'ba',
    'abc',
    'x'.repeat(65_536),
    'x'.repeat(65_537),
    'ä',
    'a\u0308',
    '😀',
  ]
  const hashes = texts.flatMap((text) => [hash.of(text, 1, 2, 3), hash.of(text, 2, 1, 3), hash.of(text, 1, 2, 1)])
  assert.equal(new Set(hashes).size, hashes.length)
  for (const one of hashes) assert.ok(Number.isSafeInteger(one) && one >= 0)
})

test('follows from the key and nothing else', () => {
  const [same, other] = [8, 9].map((last) => new NameHash(new Uint8Array([1, 2, 3, 4, 5, 6, 7, last])))
  assert.equal(hash.of('name', 1, 2, 3), same!.of('name', 1, 2, 3))
  assert.notEqual(hash.of('name', 1, 2, 3), other!.of('name', 1, 2, 3))
})

test('spreads names evenly', () => {
  const places = new Uint32Array(64)
  const tops = new Uint32Array(64)
  for (let i = 0; i < 64_000; i++) {
    const one = hash.of(`message-${i}`, 1, 2, 3)
    places[one % 64]! += 1
    tops[Math.floor(one / 2 ** 47)]! += 1
  }
  for (const counts of [places, tops]) assert.ok(Math.min(...counts) > 850 && Math.max(...counts) < 1150)
})
