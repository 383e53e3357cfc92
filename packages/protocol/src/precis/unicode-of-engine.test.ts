/** The Unicode of the engine beside our tables: it allows all that they do, and what else it allows is known. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as tables from './unicode.ts'
import * as engine from './unicode-of-engine.ts'

/** Need certain company by RFC 5892 appendix A, which the engine does not know. */
const needCompany = new Set(['\u00b7', '\u0375', '\u05f3', '\u05f4', '\u200c', '\u200d', '\u30fb'])
const unassigned = /\p{Cn}/u

for (const [name, byTables, byEngine] of [
  ['isIdentifier', tables.isIdentifier, engine.isIdentifier],
  ['isFreeform', tables.isFreeform, engine.isFreeform],
] as const) {
  test(`${name} says the same of every character, but of those without company and those not assigned yet`, () => {
    for (let code = 0; code < 0x110000; code++) {
      const char = String.fromCodePoint(code)
      if (byTables(char)) assert.ok(byEngine(char), `U+${code.toString(16)} is refused`)
      else if (!needCompany.has(char) && !unassigned.test(char)) assert.ok(!byEngine(char), `U+${code.toString(16)}`)
    }
  })
}

test('characters that will never be assigned are refused', () => {
  for (const never of ['\ufdd0', '\ufffe', '\uffff', '\u{10ffff}', '\u{e0fff}'])
    assert.ok(!engine.isFreeform(`a${never}`))
})

test('one forbidden character is enough, wherever it is', () => {
  for (const text of ['\u0007ab', 'a\u00adb', 'ab\ud800', 'a\u1100']) {
    assert.ok(!engine.isFreeform(text))
    assert.ok(!engine.isIdentifier(text))
  }
  assert.ok(engine.isFreeform('a b☕'))
  assert.ok(!engine.isIdentifier('a b'))
  assert.ok(!engine.isIdentifier('a☕'))
})
