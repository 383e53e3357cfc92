import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '@rookery/testkit'
import { turns } from '../../../test/memory-server.ts'
import { Destinations } from './destinations.ts'

/** Attempts that end when they are told. */
function attempts() {
  const open: ((works: boolean) => void)[] = []
  const begin = (): Promise<boolean> => new Promise((resolve) => open.push(resolve))
  return { open, begin }
}

const bounds = { parallel: 10, parallelEach: () => 4, waiting: 100 }

test('no more than its bound goes to one destination, and the rest waits', async () => {
  const to = new Destinations(new FakeClock(), bounds)
  const { open, begin } = attempts()
  for (let i = 0; i < 20; i++) assert.equal(to.enter('a', begin), true)
  assert.equal(open.length, 4)
  open.shift()!(true)
  await turns(1)
  assert.equal(open.length, 4)
  for (let ended = 1; ended < 20; ended++) {
    open.shift()!(true)
    await turns(1)
  }
  assert.equal(open.length, 0)
})

test('no more than the whole bound is under way, and all get their turn', async () => {
  const to = new Destinations(new FakeClock(), bounds)
  const { open, begin } = attempts()
  for (let i = 0; i < 60; i++) to.enter(`d${i % 6}`, begin)
  let ended = 0
  while (open.length > 0) {
    assert.ok(open.length <= 10)
    open.shift()!(true)
    ended++
    await turns(1)
  }
  assert.equal(ended, 60)
})

test('what waits is bounded, and the rest is turned away', () => {
  const to = new Destinations(new FakeClock(), bounds)
  const { open, begin } = attempts()
  let taken = 0
  for (let i = 0; i < 10_000; i++) if (to.enter('a', begin)) taken++
  assert.equal(open.length, 4)
  assert.equal(taken, 104)
})

test('a destination where nothing works is left alone, longer each time, until one attempt works (S104)', async () => {
  const clock = new FakeClock()
  const to = new Destinations(clock, bounds)
  let begun = 0
  let works = false
  const attempt = (): Promise<boolean> => {
    begun++
    return Promise.resolve(works)
  }
  const idle = async (): Promise<void> => {
    for (let before = -1; before !== begun; ) {
      before = begun
      await turns(3)
    }
  }
  for (let i = 0; i < 100; i++) to.enter('victim', attempt)
  await idle()
  assert.ok(begun >= 20 && begun < 24, `${begun}`)
  const tried = begun
  clock.advance(29_999)
  await idle()
  assert.equal(begun, tried)
  clock.advance(1)
  await idle()
  assert.equal(begun, tried + 1) // one goes ahead
  clock.advance(30_000)
  await idle()
  assert.equal(begun, tried + 1)
  clock.advance(30_000)
  await idle()
  assert.equal(begun, tried + 2)
  works = true
  clock.advance(3_600_000)
  await idle()
  assert.equal(begun, 100)
  assert.equal(to.enter('victim', attempt), true)
  assert.equal(begun, 101)
})

test('a pause that was asked for is kept, and others go on', async () => {
  const clock = new FakeClock()
  const to = new Destinations(clock, bounds)
  let begun = 0
  const attempt = async (): Promise<boolean> => {
    begun++
    return true
  }
  to.pause('a', 5000)
  to.enter('a', attempt)
  to.enter('b', attempt)
  assert.equal(begun, 1)
  clock.advance(5000)
  await turns(2)
  assert.equal(begun, 2)
})
