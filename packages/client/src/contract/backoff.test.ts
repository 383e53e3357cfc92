/** The guide's words about the time between tries. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backOff } from './backoff.ts'

test('the next try is after up to a second, then two, four, at most a minute', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((attempt) => backOff(attempt, 1))
  assert.deepEqual(longest, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  assert.equal(backOff(0, 1), 1_000) // after a session that was steady
  assert.equal(backOff(9, 0), 0)
})
