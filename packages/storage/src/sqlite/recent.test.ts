import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Recent } from './recent.ts'

test('keeps what was used recently, and never more than its bound', () => {
  const recent = new Recent<number, string>(10)
  recent.set(0, 'zero')
  for (let i = 1; i < 100; i++) {
    recent.set(i, `${i}`)
    assert.equal(recent.get(0), 'zero', 'used all the time')
    assert.equal(recent.get(i - 1), i === 1 ? 'zero' : `${i - 1}`)
    assert.ok(i <= 10 || recent.get(i - 10) === undefined)
  }
})

test('deletes and clears', () => {
  const recent = new Recent<number, string>(4)
  for (let i = 0; i < 4; i++) recent.set(i, 'x')
  recent.delete(3)
  recent.delete(1)
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => recent.get(i)),
    ['x', undefined, 'x', undefined],
  )
  recent.clear()
  assert.equal(recent.get(0), undefined)
})
