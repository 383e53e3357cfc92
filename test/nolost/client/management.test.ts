import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Management } from './management.ts'

test('an acknowledgement covers what was sent first', () => {
  const management = new Management<string>()
  for (const item of ['a', 'b', 'c']) management.sent(item)
  assert.deepEqual(management.acknowledge('2'), ['a', 'b'])
  assert.deepEqual(management.acknowledge('2'), [])
  assert.deepEqual(management.unacknowledged, ['c'])
})

test('an h of more than was sent, an older one and what is no number are refused', () => {
  const management = new Management<string>()
  for (const item of ['a', 'b']) management.sent(item)
  assert.deepEqual(management.acknowledge('1'), ['a'])
  for (const h of ['3', '0', '-1', 'x', '', '1.0', '4294967296', undefined])
    assert.equal(management.acknowledge(h), undefined, h)
  assert.equal(management.length, 1)
})

test('both counters go from 2^32 - 1 to 0', () => {
  const management = new Management<string>(2 ** 32 - 1, 2 ** 32 - 2)
  management.received()
  assert.equal(management.h, 0)
  for (const item of ['a', 'b', 'c']) management.sent(item)
  assert.deepEqual(management.acknowledge('4294967295'), ['a'])
  assert.deepEqual(management.acknowledge('1'), ['b', 'c'])
})

test('keeps nothing of what was acknowledged long ago', () => {
  const management = new Management<number>()
  for (let i = 1; i <= 10_000; i++) {
    management.sent(i)
    assert.deepEqual(management.acknowledge(String(i)), [i])
  }
  assert.deepEqual(management.unacknowledged, [])
})
