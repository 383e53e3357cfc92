import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ranges } from './ranges.ts'

const within = (ranges: Ranges): number[] => [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((id) => ranges.has(id))

test('a stretch begins after its lower edge and ends with its upper one', () => {
  const ranges = new Ranges()
  ranges.add(2, 4)
  assert.deepEqual(within(ranges), [3, 4])
})

test('stretches that touch or overlap become one, in any order', () => {
  const ranges = new Ranges()
  ranges.add(6, 8)
  ranges.add(1, 3)
  assert.deepEqual(within(ranges), [2, 3, 7, 8])
  ranges.add(2, 6)
  assert.deepEqual(within(ranges), [2, 3, 4, 5, 6, 7, 8])
})

test('an empty stretch is none', () => {
  const ranges = new Ranges()
  ranges.add(3, 3)
  ranges.add(5, 4)
  assert.deepEqual(within(ranges), [])
})

test('are read as they were written', () => {
  const ranges = new Ranges()
  ranges.add(1, 3)
  ranges.add(6, 8)
  assert.deepEqual(within(Ranges.parse(String(ranges))), [2, 3, 7, 8])
  assert.deepEqual(within(Ranges.parse(String(new Ranges()))), [])
  assert.deepEqual(within(Ranges.parse('x,1,2 y')), [])
})

test('of very many the oldest are forgotten', () => {
  const ranges = new Ranges()
  for (let i = 0; i < 1000; i++) ranges.add(10 * i, 10 * i + 1)
  assert.ok(!ranges.has(1) && ranges.has(9991))
})
