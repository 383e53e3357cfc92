import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapeLocal, jidFromParts, unescapeLocal } from './index.ts'

const runs = { seed: 106, numRuns: Number(process.env['ROOKERY_FUZZ_RUNS'] ?? 1000) }

test('writes the ten characters as escapes', () => {
  assert.equal(escapeLocal('old duke'), 'old\\20duke')
  assert.equal(escapeLocal('"&\'/:<>@'), '\\22\\26\\27\\2f\\3a\\3c\\3e\\40')
  assert.equal(unescapeLocal('\\22\\26\\27\\2f\\3a\\3c\\3e\\40'), '"&\'/:<>@')
  assert.equal(unescapeLocal('old\\20duke'), 'old duke')
})

test('escapes a backslash only before what would be read as an escape', () => {
  assert.equal(escapeLocal('\\3and\\2is\\5cool'), '\\5c3and\\2is\\5c5cool')
  assert.equal(unescapeLocal('\\5c3and\\2is\\5c5cool'), '\\3and\\2is\\5cool')
  assert.equal(escapeLocal('c:\\5commas'), 'c\\3a\\5c5commas')
  for (const plain of ['\\2plus\\2is\\4', 'foo\\bar', 'foob\\41r', '\\', '\\2']) {
    assert.equal(escapeLocal(plain), plain)
    assert.equal(unescapeLocal(plain), plain)
  }
})

test('knows only lower-case escapes', () => {
  assert.equal(unescapeLocal('a\\2Fb'), 'a\\2Fb')
})

test('has no space at the ends', () => {
  assert.equal(escapeLocal(' a'), undefined)
  assert.equal(escapeLocal('a '), undefined)
  assert.equal(unescapeLocal('\\20a\\20'), '\\20a\\20')
})

test('what was escaped can stand in an address and comes back', () => {
  const piece = fc.constantFrom('\\', '2', '0', 'f', '5', 'c', 'a', '3', ' ', '@', '/', '"', '\\20', '\\5c', 'é')
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
      const name = pieces.join('')
      const local = escapeLocal(name)
      if (local === undefined) return
      assert.equal(unescapeLocal(local), name)
      assert.equal(jidFromParts(local, 'x')?.local, local)
    }),
    runs,
  )
})
