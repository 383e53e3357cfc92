import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isStorageError } from '../suite.ts'
import { CommitQueue } from './commit-queue.ts'
import { COMMITTED, FAILED, type Failure, type Request } from './message.ts'

const FAILURE: Failure = { kind: 'io', problem: 'It failed.', advice: 'Look.' }
const ROOM = { count: 1_000_000, bytes: 100_000_000 }
const same = (value: unknown): unknown => value
const nextTick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('posts the operations of a tick as one flat group', async () => {
  const posted: Request[] = []
  const queue = new CommitQueue(ROOM, (request) => posted.push(request))
  queue.submit(5, ['a'], same)
  queue.submit(6, ['b', 'c'], same)
  assert.deepEqual(posted, [])
  await nextTick()
  queue.submit(5, ['d'], same)
  await nextTick()
  assert.deepEqual(posted, [
    [5, 'a', 6, 'b', 'c'],
    [5, 'd'],
  ])
})

test('settles operations in order, those that failed alone with their error', async () => {
  const queue = new CommitQueue(ROOM, () => undefined)
  const calls = [1, 2, 3, 4].map((n) => queue.submit(5, [n], same))
  const settled = Promise.allSettled(calls)
  queue.settle([COMMITTED, ['one', undefined, 'three'], [[1, FAILURE]]])
  queue.settle([FAILED, 1, { ...FAILURE, kind: 'full' }])
  const [one, two, three, four] = await settled
  assert.deepEqual(
    [one, three].map((result) => result?.status === 'fulfilled' && result.value),
    ['one', 'three'],
  )
  assert.ok(two?.status === 'rejected' && isStorageError('io')(two.reason))
  assert.ok(four?.status === 'rejected' && isStorageError('full')(four.reason))
  assert.equal((two.reason as { operation: string }).operation, 'accounts.count')
})

test('refuses more operations or bytes than its bound, and takes more after an answer', async () => {
  const queue = new CommitQueue({ count: 2, bytes: 1000 }, () => undefined)
  const first = queue.submit(5, ['x'], same)
  await assert.rejects(queue.submit(5, ['x'.repeat(1000)], same), isStorageError('overloaded'))
  const second = queue.submit(5, ['x'], same)
  await assert.rejects(queue.submit(5, ['x'], same), isStorageError('overloaded'))
  queue.settle([COMMITTED, [1], undefined])
  assert.equal(await first, 1)
  const third = queue.submit(5, ['x'.repeat(500)], same)
  queue.settle([COMMITTED, [2, 3], undefined])
  assert.deepEqual([await second, await third], [2, 3])
})

test('posts an overloaded operation never', async () => {
  const posted: Request[] = []
  const queue = new CommitQueue({ count: 1, bytes: 1000 }, (request) => posted.push(request))
  const calls = Promise.allSettled([queue.submit(5, ['a'], same), queue.submit(5, ['b'], same)])
  await nextTick()
  queue.settle([COMMITTED, [1], undefined])
  await calls
  assert.deepEqual(posted, [[5, 'a']])
})

test('rejects everything that waits and every later call once it failed', async () => {
  const queue = new CommitQueue(ROOM, () => undefined)
  const calls = Promise.allSettled([1, 2].map((n) => queue.submit(5, [n], same)))
  queue.fail({ ...FAILURE, kind: 'failed' })
  for (const call of await calls) assert.ok(call.status === 'rejected' && isStorageError('failed')(call.reason))
  await assert.rejects(queue.submit(5, [1], same), isStorageError('failed'))
})

test('keeps order over very many operations in flight', async () => {
  const queue = new CommitQueue(ROOM, () => undefined)
  const calls: Promise<unknown>[] = []
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 5000; i++) calls.push(queue.submit(5, [], same))
    queue.settle([COMMITTED, Array.from({ length: 3000 }, (_, i) => round * 3000 + i), undefined])
  }
  queue.settle([COMMITTED, Array.from({ length: 10_000 }, (_, i) => 15_000 + i), undefined])
  assert.deepEqual(
    await Promise.all(calls),
    calls.map((_, i) => i),
  )
})

test('settles what one transaction answered for many in several turns, in order, behind each other', async () => {
  const queue = new CommitQueue(ROOM, () => undefined)
  const seen: number[] = []
  for (let i = 0; i < 1000; i++) {
    const note = (): number => seen.push(i)
    queue.submit(5, [i], same).then(note, note)
  }
  queue.settle([COMMITTED, Array.from({ length: 998 }), [[700, FAILURE]]])
  queue.settle([FAILED, 1, FAILURE])
  await Promise.resolve()
  assert.ok(seen.length > 0 && seen.length < 500)
  while (seen.length < 999) await nextTick()
  const last = queue.submit(5, [1000], same)
  queue.settle([COMMITTED, [1, 'last'], undefined])
  assert.equal(await last, 'last')
  assert.deepEqual(
    seen,
    Array.from({ length: 1000 }, (_, i) => i),
  )
})

test('what was answered is settled as it was answered when the worker ends', async () => {
  const queue = new CommitQueue(ROOM, () => undefined)
  const calls = Array.from({ length: 1000 }, (_, i) => queue.submit(5, [i], same))
  const settled = Promise.allSettled(calls)
  queue.settle([COMMITTED, Array.from({ length: 999 }, () => 'kept'), undefined])
  queue.fail(FAILURE)
  const results = await settled
  assert.ok(results.slice(0, 999).every((result) => result.status === 'fulfilled' && result.value === 'kept'))
  assert.equal(results[999]!.status, 'rejected')
})
