/** Numbers of locations: written as xs:decimal whatever JavaScript calls them, and never out of bounds. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { location } from './location.ts'

const written = (accuracy: number): string | undefined => location.build({ accuracy }).childText('accuracy')

it('a decimal has no exponent', () => {
  assert.equal(written(0.0000001), '0.000000100000000')
  assert.equal(written(12.5), '12.5')
  assert.equal(written(999_999_999_999_999), '999999999999999')
})

it('a number that is nowhere is refused', () => {
  for (const lat of [90.1, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => location.build({ lat }), RangeError)
})
