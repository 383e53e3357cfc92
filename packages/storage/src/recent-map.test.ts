import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RecentMap } from './recent-map.ts'

describe('a map of what was used lately', () => {
  test('keeps at least the last half of its capacity, and never more than all of it', () => {
    const map = new RecentMap<number, number>(10)
    for (let i = 0; i < 1000; i++) {
      map.set(i, i)
      for (let j = Math.max(0, i - 4); j <= i; j++) assert.equal(map.get(j), j)
    }
    let found = 0
    for (let i = 0; i < 1000; i++) if (map.get(i) !== undefined) found++
    assert.ok(found <= 10, `${found} found`)
  })

  test('keeps what is asked for', () => {
    const map = new RecentMap<string, number>(4)
    map.set('kept', 1)
    for (let i = 0; i < 100; i++) {
      map.set(`other ${i}`, i)
      assert.equal(map.get('kept'), 1)
    }
  })

  test('has the latest value, and none that was deleted', () => {
    const map = new RecentMap<string, number>(4)
    map.set('a', 1)
    map.set('b', 2)
    map.set('c', 3)
    map.set('a', 4)
    assert.equal(map.get('a'), 4)
    map.delete('a')
    assert.equal(map.get('a'), undefined)
    map.clear()
    assert.equal(map.get('c'), undefined)
  })

  test('a value may be false', () => {
    const map = new RecentMap<string, boolean>(2)
    map.set('a', false)
    map.set('b', true)
    map.set('c', true)
    assert.equal(map.get('b'), true)
    map.set('a', false)
    assert.equal(map.get('a'), false)
  })
})
