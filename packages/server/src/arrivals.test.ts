import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Maybe } from '@rookery/protocol'
import { ArchiveIds } from './archive-ids.ts'
import { Arrivals, Queued } from './arrivals.ts'

class Step extends Queued {
  readonly #work: () => Maybe<undefined>

  constructor(work: () => Maybe<undefined>) {
    super()
    this.#work = work
  }
  protected work(): Maybe<undefined> {
    return this.#work()
  }
  proceed(): Maybe<undefined> {
    return this.go()
  }
  abandon(): void {
    this.leave()
  }
}

function setUp() {
  const ids = new ArchiveIds(() => 0, 0)
  const arrivals = new Arrivals(ids)
  const done: string[] = []
  const enter = (name: string, local = 'juliet', work?: () => Maybe<undefined>): Step => {
    const step = new Step(() => {
      done.push(name)
      return work?.()
    })
    arrivals.enter(local, step, ids.last)
    ids.next()
    return step
  }
  return { ids, arrivals, done, enter }
}

test('those to one account go on in the order in which they began, those to others do not wait', async () => {
  const { arrivals, done, enter } = setUp()
  const [a, b, c] = ['a', 'b', 'c'].map((name) => enter(name))
  const other = enter('other', 'nurse')
  const last = c!.proceed()
  assert.ok(last instanceof Promise)
  other.proceed()
  const middle = b!.proceed()
  assert.deepEqual(done, ['other'])
  assert.equal(a!.proceed(), undefined)
  assert.deepEqual(done, ['other', 'a', 'b', 'c'])
  await Promise.all([middle, last])
  assert.ok(!arrivals.isBusy('juliet') && !arrivals.isBusy('nurse'))
})

test('one that goes no further holds nobody up, wherever it stands', () => {
  const { arrivals, done, enter } = setUp()
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => enter(name))
  b!.abandon()
  d!.proceed()
  a!.abandon()
  assert.deepEqual(done, [])
  c!.proceed()
  c!.abandon()
  d!.abandon()
  assert.deepEqual(done, ['c', 'd'])
  assert.ok(!arrivals.isBusy('juliet'))
})

test('a fault is told to who waits for it, and to nobody else', async () => {
  const { done, enter } = setUp()
  const a = enter('a', 'juliet', () => {
    throw new Error('a')
  })
  const b = enter('b', 'juliet', () => {
    throw new Error('b')
  })
  const c = enter('c')
  const [late, later] = [b.proceed(), c.proceed()]
  assert.throws(() => a.proceed(), /a/)
  await assert.rejects(Promise.resolve(late), /b/)
  await later
  assert.deepEqual(done, ['a', 'b', 'c'])
})

test('what one of them causes comes behind those that have entered', async () => {
  const { done, enter } = setUp()
  let caused: Maybe<undefined>
  const a = enter('a', 'juliet', () => {
    caused = enter('caused').proceed()
    return undefined
  })
  const b = enter('b')
  b.proceed()
  a.proceed()
  await caused
  assert.deepEqual(done, ['a', 'b', 'caused'])
})

test('knows what the sessions of an account have been given', () => {
  const { ids, arrivals, enter } = setUp()
  assert.equal(arrivals.through('juliet'), ids.last)
  const before = ids.last
  const a = enter('a')
  const between = ids.last
  const b = enter('b')
  assert.equal(arrivals.through('juliet'), before)
  b.proceed()
  assert.equal(arrivals.through('juliet'), before)
  a.proceed()
  assert.ok(between > before)
  assert.equal(arrivals.through('juliet'), ids.last)
})
