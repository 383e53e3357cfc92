/** Dates of XEP-0082: the cases of `spec/xep-0082`, and that what is written is read as the same. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  formatDate,
  formatDateTime,
  formatOffset,
  formatTime,
  parseDate,
  parseDateTime,
  parseOffset,
  parseTime,
} from './index.ts'
import * as engine from './parse-date-time-of-engine.ts'

interface Case {
  readonly name: string
  readonly text: string
  readonly ms?: number
}

const cases: Case[] = JSON.parse(
  readFileSync(new URL('../../../../spec/xep-0082/date-times.json', import.meta.url), 'utf8'),
)
const moments = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 })

describe('DateTime', () => {
  for (const { name, text, ms } of cases) {
    it(`${ms === undefined ? 'refuses' : 'reads'} ${name}`, () => assert.equal(parseDateTime(text), ms))
  }

  it('is read the same with the means of the engine, where it is right', () => {
    for (const { text, ms } of cases) if (ms !== undefined) assert.equal(engine.parseDateTime(text), ms, text)
    for (const text of [
      '',
      '2024-01-01',
      '2024-01-01T00:00:00',
      '20240101T00:00:00Z',
      '2024-13-01T00:00:00Z',
      ' 2024-01-01T00:00:00Z',
    ])
      assert.equal(engine.parseDateTime(text), undefined, text)
    fc.assert(fc.property(moments, (ms) => assert.equal(engine.parseDateTime(formatDateTime(ms)), ms)))
  })

  it('writes UTC, with a fraction only where there is one', () => {
    assert.equal(formatDateTime(0), '1970-01-01T00:00:00Z')
    assert.equal(formatDateTime(-1), '1969-12-31T23:59:59.999Z')
    assert.equal(formatDateTime(1_031_699_137_050), '2002-09-10T23:05:37.050Z')
    assert.equal(formatDateTime(-62_167_219_200_000), '0000-01-01T00:00:00Z')
  })

  it('refuses to write what has no form', () => {
    for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, 253_402_300_800_000, -62_167_219_200_001]) {
      assert.throws(() => formatDateTime(ms), RangeError)
    }
  })

  it('reads what it writes, and as ECMAScript does', () => {
    fc.assert(
      fc.property(moments, (ms) => {
        const text = formatDateTime(ms)
        assert.equal(parseDateTime(text), ms)
        assert.equal(Date.parse(text), ms)
      }),
    )
  })

  it('reads an offset as the same moment', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: -840, max: 840 }), (ms, offset) => {
        const local = ms + offset * 60_000
        fc.pre(local >= -62_167_219_200_000 && local <= 253_402_300_799_999)
        assert.equal(parseDateTime(formatDateTime(local).replace('Z', formatOffset(offset))), ms)
      }),
    )
  })

  it('answers any text without throwing', () => {
    const shape = fc.stringMatching(/^[0-9T:.Z+-]{0,40}$/)
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), shape), (text) => void parseDateTime(text)))
  })
})

describe('Date and Time', () => {
  it('reads and writes a day', () => {
    assert.equal(parseDate('1776-07-04'), Date.UTC(1776, 6, 4))
    assert.equal(formatDate(Date.UTC(1776, 6, 4)), '1776-07-04')
    for (const text of ['1776-7-4', '1776-07-04Z', '17760704', '1776-02-30']) assert.equal(parseDate(text), undefined)
  })

  it('reads a time of day with and without a zone', () => {
    assert.deepEqual(parseTime('16:00:00'), { ms: 57_600_000, offset: undefined })
    assert.deepEqual(parseTime('16:00:00.25-05:00'), { ms: 57_600_250, offset: -300 })
    assert.deepEqual(parseTime('16:00:00Z'), { ms: 57_600_000, offset: 0 })
    for (const text of ['16:00', '16:00:0', '1600:00', '24:00:01', '16:00:00 Z'])
      assert.equal(parseTime(text), undefined)
    assert.equal(formatTime(57_600_250), '16:00:00.250')
  })

  it('reads and writes an offset', () => {
    for (const [text, minutes] of [
      ['Z', 0],
      ['+14:00', 840],
      ['-00:30', -30],
    ] as const) {
      assert.equal(parseOffset(text), minutes)
      assert.equal(formatOffset(minutes), text)
    }
    for (const text of ['', '+1:00', '+14:01', 'z', '+0100']) assert.equal(parseOffset(text), undefined)
  })
})
