import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StanzaError } from '@rookery/protocol/stanza'
import { TimeoutError } from '../../errors.ts'
import { isHopeless, outcomeOf, pauseAfter } from './verdict.ts'

test('an error ends a registration, unless it may pass [XEP-0357 7.1]', () => {
  for (const condition of ['item-not-found', 'gone', 'forbidden', 'not-authorized', 'bad-request', 'conflict'] as const)
    assert.equal(outcomeOf(new StanzaError(condition)), 'gone', condition)
  for (const condition of ['remote-server-not-found', 'service-unavailable', 'internal-server-error'] as const)
    assert.equal(outcomeOf(new StanzaError(condition)), 'later', condition)
  assert.equal(outcomeOf(new StanzaError('item-not-found', { type: 'wait' })), 'later')
  assert.equal(outcomeOf(new TimeoutError('no answer')), 'later')
})

test('pauses grow, and end at an hour', () => {
  assert.deepEqual([1, 2, 3, 11, 1000].map(pauseAfter), [5000, 10_000, 20_000, 3_600_000, 3_600_000])
})

test('is given up after many failures in a long time, not after one of both', () => {
  assert.equal(isHopeless(9, 1e9), false)
  assert.equal(isHopeless(1000, 3_600_000), false)
  assert.equal(isHopeless(10, 86_400_000), true)
})
