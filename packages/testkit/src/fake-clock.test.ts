import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { FakeClock } from './index.ts'

describe('a clock that obeys', () => {
  test('stands still until it is told to go on', () => {
    const clock = new FakeClock(1000)
    assert.deepEqual([clock.now(), clock.monotonic()], [1000, 0])
    clock.advance(250)
    assert.deepEqual([clock.now(), clock.monotonic()], [1250, 250])
  })

  test('calls what falls due, in the order of time, each at its moment', () => {
    const clock = new FakeClock(0)
    const log: string[] = []
    const note = (name: string, ms: number) =>
      clock.after(ms, () => log.push(`${name} ${clock.monotonic()} ${clock.now()}`))
    note('c', 30)
    note('a', 10)
    note('b', 20)
    note('b2', 20)
    clock.advance(9)
    assert.deepEqual(log, [])
    clock.advance(20)
    assert.deepEqual(log, ['a 10 10', 'b 20 20', 'b2 20 20'])
    clock.advance(1)
    assert.deepEqual(log.at(-1), 'c 30 30')
    clock.advance(1000)
    assert.equal(log.length, 4)
  })

  test('calls what is set while it goes on, if that falls due', () => {
    const clock = new FakeClock()
    const moments: number[] = []
    const again = (): void => {
      moments.push(clock.monotonic())
      clock.after(100, again)
    }
    clock.after(100, again)
    clock.advance(350)
    assert.deepEqual(moments, [100, 200, 300])
  })

  test('does not call what was disposed of, even by another that fell due before', () => {
    const clock = new FakeClock()
    const calls: string[] = []
    const later = clock.after(20, () => calls.push('later'))
    clock.after(10, () => later[Symbol.dispose]())
    {
      using _timer = clock.after(5, () => calls.push('scoped'))
    }
    clock.advance(100)
    assert.deepEqual(calls, [])
  })
})
