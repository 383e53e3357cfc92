import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Maybe } from '@rookery/protocol'
import { el } from '@rookery/protocol/xml'
import { turns } from '../test/memory-server.ts'
import { Lane, Turn, weightOf } from './lane.ts'

/** One made of functions. */
class Made extends Turn {
  readonly proceed: () => Maybe<undefined>
  readonly refused: () => void

  constructor(bytes: number, proceed: () => Maybe<undefined>, refused: () => void) {
    super(bytes)
    this.proceed = proceed
    this.refused = refused
  }
}

/** A lane, what has happened in it in order, and the commits that things wait for. */
function lane(bound = 1_000_000) {
  const log: string[] = []
  const made = new Lane(bound, (error) => log.push(`fault ${(error as Error).message}`))
  const commits = new Map<string, PromiseWithResolvers<undefined>>()
  const wait = (name: string): Promise<undefined> => {
    const commit = Promise.withResolvers<undefined>()
    commits.set(name, commit)
    return commit.promise
  }
  const turn = (name: string, bytes: number): Turn =>
    new Made(
      bytes,
      () => void log.push(name),
      () => void log.push(`refused ${name}`),
    )
  return {
    lane: made,
    log,
    commit: (name: string) => commits.get(name)!.resolve(undefined),
    fail: (name: string) => commits.get(name)!.reject(new Error(`disk ${name}`)),
    /** One that waits for a commit of its name. */
    waits: (name: string, bytes = 1) => made.enter(turn(name, bytes), wait(name)),
    /** One that waits for nothing but its turn. */
    passes: (name: string, bytes = 1) => made.enter(turn(name, bytes), undefined),
  }
}

describe('a lane', () => {
  test('costs nothing while nobody waits', () => {
    const l = lane()
    assert.equal(l.passes('a'), undefined)
    assert.deepEqual(l.log, ['a'])
    assert.equal(l.lane.isBusy, false)
  })

  test('keeps the order, whichever commit comes first', async () => {
    const l = lane()
    l.waits('a')
    l.passes('b')
    l.waits('c')
    l.waits('d')
    l.passes('e')
    l.commit('d')
    l.commit('c')
    await turns()
    assert.deepEqual(l.log, [])
    l.commit('a')
    await turns()
    assert.deepEqual(l.log, ['a', 'b', 'c', 'd', 'e'])
    assert.equal(l.lane.isBusy, false)
  })

  test('lets each go on as soon as those before it have', async () => {
    const l = lane()
    l.waits('a')
    l.passes('b')
    l.waits('c')
    l.commit('a')
    await turns()
    assert.deepEqual(l.log, ['a', 'b'])
    assert.equal(l.lane.isBusy, true)
    l.commit('c')
    await turns()
    assert.deepEqual(l.log, ['a', 'b', 'c'])
  })

  test('holds the stream over its bound of bytes, and not under it', async () => {
    const l = lane(100)
    assert.equal(l.waits('a', 60), undefined)
    assert.equal(l.waits('b', 40), undefined)
    const held = l.waits('c', 1)
    assert.ok(held instanceof Promise)
    let isFree = false
    held.then(() => {
      isFree = true
    })
    l.commit('a')
    l.commit('b')
    await turns()
    assert.equal(isFree, false)
    l.commit('c')
    await held
    assert.deepEqual(l.log, ['a', 'b', 'c'])
    assert.equal(l.waits('d', 100), undefined)
    l.commit('d')
    await turns()
  })

  test('counts what passes behind those that wait', async () => {
    const l = lane(100)
    l.waits('a', 60)
    const held = l.passes('b', 60)
    assert.ok(held instanceof Promise)
    l.commit('a')
    await held
    assert.deepEqual(l.log, ['a', 'b'])
  })

  test('a refused commit costs its own alone', async () => {
    const l = lane()
    l.waits('a')
    l.waits('b')
    l.passes('c')
    l.fail('b')
    await turns()
    assert.deepEqual(l.log, ['fault disk b'])
    l.commit('a')
    await turns()
    assert.deepEqual(l.log, ['fault disk b', 'a', 'refused b', 'c'])
    assert.equal(l.lane.isBusy, false)
  })

  test('waits for one that takes its time in its turn', async () => {
    const l = lane()
    const slow = Promise.withResolvers<undefined>()
    l.waits('a')
    l.lane.enter(new Made(1, () => slow.promise, assert.fail), undefined)
    l.passes('c')
    l.commit('a')
    await turns()
    assert.deepEqual(l.log, ['a'])
    slow.resolve(undefined)
    await turns()
    assert.deepEqual(l.log, ['a', 'c'])
  })

  test('one that fails in its turn is refused, and stops nobody', async () => {
    const l = lane()
    const boom = (): never => {
      throw new Error('boom')
    }
    l.waits('a')
    l.lane.enter(new Made(1, boom, () => void l.log.push('refused b')), undefined)
    const late = new Made(
      1,
      () => Promise.reject(new Error('late')),
      () => void l.log.push('refused c'),
    )
    l.lane.enter(late, undefined)
    l.passes('d')
    l.commit('a')
    await turns()
    assert.deepEqual(l.log, ['a', 'fault boom', 'refused b', 'fault late', 'refused c', 'd'])
  })

  test('lets messages overtake what is being stored, but no request', async () => {
    const l = lane()
    const stored = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
    for (const { promise } of stored) l.lane.settle(1, promise)
    assert.equal(l.lane.isBusy, true)
    l.passes('message')
    const held = l.lane.pass(1, () => void l.log.push('request'))
    assert.ok(held instanceof Promise)
    const idle = l.lane.idle()
    stored[1]!.resolve(undefined)
    await turns()
    assert.deepEqual(l.log, ['message'])
    stored[0]!.reject(new Error('disk'))
    await held
    await idle
    assert.deepEqual(l.log, ['message', 'fault disk', 'request'])
    assert.equal(l.lane.isBusy, false)
  })

  test('holds the stream for a request that waits for its turn, and for none that does not', async () => {
    const l = lane()
    assert.equal(
      l.lane.pass(1, () => undefined),
      undefined,
    )
    l.waits('a')
    const held = l.lane.pass(1, () => void l.log.push('request'))
    assert.ok(held instanceof Promise)
    l.commit('a')
    await held
    assert.deepEqual(l.log, ['a', 'request'])
  })

  test('is done with what came before when that is durable, whatever comes after', async () => {
    const l = lane()
    assert.equal(l.lane.done(), undefined)
    const stored = Promise.withResolvers<undefined>()
    l.waits('a')
    l.lane.settle(1, stored.promise)
    const done = Promise.resolve(l.lane.done()).then(() => l.log.push('done'))
    l.waits('b')
    l.commit('a')
    await turns()
    assert.deepEqual(l.log, ['a'])
    stored.resolve(undefined)
    await done
    assert.deepEqual(l.log, ['a', 'done'])
    l.commit('b')
    await l.lane.idle()
  })

  test('waits for both commits of one, whichever comes first', async () => {
    const l = lane()
    const [own, other] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const made = new Made(
      1,
      () => void l.log.push('both'),
      () => void l.log.push('refused'),
    )
    l.lane.enter(made, own.promise, other.promise)
    l.passes('next')
    other.resolve()
    await turns()
    assert.deepEqual(l.log, [])
    own.reject(new Error('disk'))
    await turns()
    assert.deepEqual(l.log, ['fault disk', 'refused', 'next'])
    assert.equal(l.lane.isBusy, false)
  })

  test('takes what enters while one goes on behind that', async () => {
    const l = lane()
    l.waits('a')
    const first = new Made(
      1,
      () => {
        l.passes('inner')
        l.log.push('outer')
        return undefined
      },
      assert.fail,
    )
    l.lane.enter(first, undefined)
    l.commit('a')
    await turns()
    assert.deepEqual(l.log, ['a', 'outer', 'inner'])
  })

  test('says when it is empty', async () => {
    const l = lane()
    await l.lane.idle()
    l.waits('a')
    l.waits('b')
    let isIdle = false
    const idle = Promise.resolve(l.lane.idle()).then(() => {
      isIdle = true
    })
    l.commit('a')
    await turns()
    assert.equal(isIdle, false)
    l.commit('b')
    await idle
    assert.deepEqual(l.log, ['a', 'b'])
  })
})

test('a stanza weighs at least what its objects do', () => {
  assert.ok(weightOf(el('message', 'jabber:client')) >= 100)
})
