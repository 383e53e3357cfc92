import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { satisfiesBidiRule } from './bidi.ts'
import { isFreeform, isIdentifier } from './code-points.ts'
import { satisfiesContext } from './context.ts'
import { nicknameKey, prepareNickname, prepareOpaque, prepareUsername } from './index.ts'

const runs = { seed: 8264, numRuns: Number(process.env['ROOKERY_FUZZ_RUNS'] ?? 1000) }
const profiles = { prepareUsername, prepareOpaque, prepareNickname, nicknameKey }

describe('profiles', () => {
  const unit = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    fc.constantFrom(
      ' ',
      '\u00a0',
      '\u3000',
      'Σ',
      'ς',
      'ϔ',
      'İ',
      'Ｒ',
      '\u0345',
      '\u0308',
      '\u200d',
      '\u094d',
      'ﷺ',
      '¨',
      'א',
      '١',
    ),
  )
  const text = fc.array(unit, { maxLength: 8 }).map((units) => units.join(''))

  for (const [name, prepare] of Object.entries(profiles)) {
    test(`${name} is stable under every string it accepts`, () => {
      fc.assert(
        fc.property(text, (input) => {
          const prepared = prepare(input)
          if (prepared === undefined) return
          assert.notEqual(prepared, '')
          assert.equal(prepare(prepared), prepared)
          assert.equal(prepared.normalize('NFC'), prepared)
          assert.ok(isFreeform(prepared))
        }),
        runs,
      )
    })

    test(`${name} refuses 200 kB before looking at it`, () => {
      for (const long of ['a', 'A', ' ', '\u0301', 'ﷺ', '\u200c'])
        assert.equal(prepare(long.repeat(200_000)), undefined)
    })
  }
})

test('the string classes differ in spaces, symbols, compatibility and rare letters', () => {
  for (const both of ['a', 'Z', '~', 'é', 'ß', '中', '가', 'ً', '٠', 'カ', '𐐀', '\u0f0b']) {
    assert.deepEqual([isIdentifier(both), isFreeform(both)], [true, true], both)
  }
  for (const free of [' ', '\u3000', '♥', '€', '«', '。', 'ﬁ', 'Ⅳ', '①', '\u20dd', 'ǅ', '\u1F88']) {
    assert.deepEqual([isIdentifier(free), isFreeform(free)], [false, true], free)
  }
  for (const none of [
    '\u0000',
    '\u007f',
    '\u00ad',
    '\u0378',
    '\u0640',
    '\u1100',
    '\u200b',
    '\u200d',
    '\u2028',
    '\ud800',
    '\ue000',
    '\ufffe',
    '\u{e0001}',
  ]) {
    assert.deepEqual([isIdentifier(none), isFreeform(none)], [false, false], JSON.stringify(none))
  }
})

test('a non-joiner stands between letters that join, whatever marks are on them', () => {
  const joins = (text: string): boolean => satisfiesContext(text, text.indexOf('\u200c'))
  assert.ok(joins('ب\u200cب'))
  assert.ok(joins('ب\u064e\u0651\u200c\u064eا'))
  assert.ok(!joins('ا\u200cب'))
  assert.ok(!joins('ب\u200c'))
  assert.ok(!joins('\u200cب'))
  assert.ok(!joins('ب\u200ca'))
  assert.ok(!joins('\u064e\u200c\u064e'))
  assert.ok(joins('\u{11013}\u{11046}\u200c')) // Brahmi virama, beyond the basic plane
  assert.ok(joins('\u{1e922}\u200c\u{1e922}')) // Adlam joins, beyond the basic plane
})

test('the Bidi Rule holds for both directions', () => {
  for (const good of ['a', 'a1', 'אב', 'א1', 'אב\u05b0', 'بت', 'ب١', 'ب-ت']) assert.ok(satisfiesBidiRule(good), good)
  for (const bad of ['1', '-', 'אa', 'aא', 'א-', 'ب1١', 'a-', '\u05b0א', 'a١']) assert.ok(!satisfiesBidiRule(bad), bad)
})
