import assert from 'node:assert/strict'
import { test } from 'node:test'
import { onWire, Unacknowledged } from './unacknowledged.ts'

function filled(count: number, acknowledged = 0): Unacknowledged<number> {
  const queue = new Unacknowledged<number>(acknowledged)
  for (let i = 1; i <= count; i++) queue.push(i)
  return queue
}

test('what is acknowledged leaves, oldest first [XEP-0198 4]', () => {
  const queue = filled(5)
  assert.deepEqual(queue.acknowledge(2), [1, 2])
  assert.deepEqual(queue.rest(), [3, 4, 5])
  assert.deepEqual(queue.acknowledge(2), [])
  assert.deepEqual(queue.acknowledge(5), [3, 4, 5])
  assert.equal(queue.size, 0)
  assert.equal(queue.sent, 5)
})

test('more than was sent, or less than before, changes nothing (S75)', () => {
  const queue = filled(3)
  assert.equal(queue.acknowledge(4), undefined)
  queue.acknowledge(2)
  assert.equal(queue.acknowledge(1), undefined)
  assert.equal(queue.acknowledge(4_294_967_295), undefined)
  assert.deepEqual(queue.rest(), [3])
  assert.equal(queue.acknowledged, 2)
})

test('counts go on behind 2^32 - 1 with 0 [XEP-0198 4]', () => {
  const queue = filled(4, 4_294_967_294)
  assert.deepEqual(queue.acknowledge(4_294_967_295), [1])
  assert.deepEqual(queue.acknowledge(1), [2, 3])
  assert.deepEqual(queue.rest(), [4])
  assert.equal(queue.sent, 4_294_967_298)
  assert.equal(onWire(queue.sent), 2)
  assert.equal(queue.acknowledge(3), undefined)
})

test('tells a count of before from one that cannot be [XEP-0198 5, 6]', () => {
  const queue = filled(3)
  queue.acknowledge(2)
  const places = [0, 1, 2, 3, 4, 4_294_967_295].map((h) => queue.placeOf(h))
  assert.deepEqual(places, ['before', 'before', 'within', 'within', 'beyond', 'beyond'])
  const late = filled(4, 4_294_967_295)
  assert.deepEqual(
    [4_294_967_294, 4_294_967_295, 0, 3, 4, 2_147_483_648].map((h) => late.placeOf(h)),
    ['before', 'within', 'within', 'within', 'beyond', 'before'],
  )
})

test('a long queue lets go of what is gone', () => {
  const queue = filled(5000)
  for (let h = 1; h <= 4999; h++) assert.deepEqual(queue.acknowledge(h), [h])
  queue.push(5001)
  assert.deepEqual(queue.rest(), [5000, 5001])
})

test('acknowledgements of one stanza each cost the same, however many are left', () => {
  const queue = filled(100_000)
  const start = performance.now()
  for (let h = 1; h <= 100_000; h++) assert.equal(queue.acknowledge(h)?.[0], h)
  assert.ok(performance.now() - start < 5000) // 50 ms; more than half a minute where each moves the rest
})
