/** Lexical forms: whole numbers and booleans. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { boolean, integer, parseInteger, trim } from './index.ts'

describe('whole numbers', () => {
  it('are digits with a sign, no more', () => {
    for (const [text, value] of [
      ['0', 0],
      ['-0', 0],
      ['+7', 7],
      ['007', 7],
      ['-12', -12],
    ] as const) {
      assert.equal(Object.is(parseInteger(text), value), true, text)
    }
    for (const text of [
      '',
      '+',
      '-',
      '1e3',
      '0x1',
      '1.0',
      ' 1',
      '1_000',
      '١',
      'NaN',
      'Infinity',
      '9007199254740992',
      '9'.repeat(50),
    ]) {
      assert.equal(parseInteger(text), undefined, text)
    }
  })

  it('keep their bounds, and may have space around them', () => {
    const byte = integer(0, 255)
    assert.equal(byte.decode(' 255\n'), 255)
    assert.equal(byte.decode('256'), undefined)
    assert.equal(byte.decode('-1'), undefined)
    assert.throws(() => byte.encode(0.5), RangeError)
  })
})

it('booleans have four forms and are written as words', () => {
  assert.deepEqual(['1', 'true', '0', 'false', 'TRUE', '', 'yes'].map(boolean.decode), [
    true,
    true,
    false,
    false,
    ...Array(3),
  ])
  assert.equal(boolean.encode(true), 'true')
})

it('only the space of XML is cut', () => {
  assert.equal(trim('\t a b\r\n'), 'a b')
  assert.equal(trim('\u00a0a'), '\u00a0a')
  assert.equal(trim('   '), '')
})

it('space within a value is not looked at', () => {
  const text = `a${' '.repeat(1_000_000)}b`
  const start = performance.now()
  for (let i = 0; i < 200; i++) assert.equal(trim(text), text)
  assert.ok(performance.now() - start < 1000) // microseconds; seconds where each space is looked at
})
