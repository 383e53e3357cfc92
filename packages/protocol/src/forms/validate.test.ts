/** Which values pass the rules of XEP-0122. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkValues } from './index.ts'

describe('datatypes', () => {
  const good: [datatype: string, ...values: string[]][] = [
    ['xs:boolean', '1', 'false'],
    ['xs:byte', '-128', '127'],
    ['xs:integer', '-3', '+3'],
    ['xs:positiveInteger', '1'],
    ['xs:decimal', '1', '-1.5', '.5', '5.'],
    ['xs:dateTime', '2003-10-06T11:22:00-07:00'],
    ['xs:date', '2003-10-06'],
    ['xs:time', '11:22:00'],
    ['xs:string', 'anything', ''],
    ['x:unheard-of', 'anything'],
    ['__proto__', 'anything'],
  ]
  const bad: [datatype: string, ...values: string[]][] = [
    ['xs:boolean', 'yes'],
    ['xs:byte', '128', '-129', '1.0'],
    ['xs:positiveInteger', '0'],
    ['xs:nonNegativeInteger', '-1'],
    ['xs:decimal', '', '.', '1e3', '1.2.3', 'NaN', '--1', '1-'],
    ['xs:dateTime', '2003-10-06', 'now'],
    ['xs:date', '2003-02-30'],
    ['xs:time', '25:00:00'],
  ]
  for (const [datatype, ...values] of good) {
    it(`${datatype} takes ${values.join(', ')}`, () => assert.equal(checkValues({ datatype }, values), undefined))
  }
  for (const [datatype, ...values] of bad) {
    it(`${datatype} does not take ${values.join(', ')}`, () => {
      for (const value of values) assert.equal(typeof checkValues({ datatype }, [value]), 'string', value)
    })
  }
})

it('a range bounds numbers and moments', () => {
  const seats = { datatype: 'xs:integer', range: { min: '1', max: '10' } }
  assert.deepEqual(
    ['0', '1', '10', '11'].map((value) => checkValues(seats, [value])),
    ['The value is too small.', undefined, undefined, 'The value is too large.'],
  )
  const october = { datatype: 'xs:dateTime', range: { min: '2003-10-05T00:00:00-07:00' } }
  assert.equal(checkValues(october, ['2003-10-05T07:00:00Z']), undefined)
  assert.equal(checkValues(october, ['2003-10-05T06:59:59Z']), 'The value is too small.')
})

it('a list range bounds how many are chosen', () => {
  const rule = { listRange: { min: 1, max: 2 } }
  assert.equal(checkValues(rule, []), 'At least 1 values are needed.')
  assert.equal(checkValues(rule, ['a', 'b']), undefined)
  assert.equal(checkValues(rule, ['a', 'b', 'c']), 'At most 2 values are allowed.')
})

it('a regular expression is never run', () => {
  assert.equal(checkValues({ regex: '(a+)+$' }, [`${'a'.repeat(10_000)}!`]), undefined)
})
