import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as NS from '@rookery/protocol/namespaces'
import { type Element, el } from '@rookery/protocol/xml'
import { Handled } from './handled.ts'

const message = (id: string): Element => el('message', NS.client, { id, from: 'juliet@example.net/a' })

function deferred(): { promise: Promise<void>; resolve: () => Promise<void> } {
  let settle: () => void = () => undefined
  const promise = new Promise<void>((resolve) => (settle = resolve))
  return {
    promise,
    resolve: async () => {
      settle()
      await promise
    },
  }
}

test('counts what is done at once', () => {
  const handled = new Handled(5, assert.fail)
  handled.receive(message('a'), undefined)
  assert.equal(handled.count, 6)
})

test('one that is worked on holds back all behind it', async () => {
  let changes = 0
  const handled = new Handled(0, () => changes++)
  const [a, c] = [deferred(), deferred()]
  handled.receive(message('a'), a.promise)
  handled.receive(message('b'), undefined)
  handled.receive(message('c'), c.promise)
  assert.deepEqual([handled.count, handled.received], [0, 3])
  await c.resolve()
  assert.deepEqual([handled.count, changes], [0, 1])
  await a.resolve()
  assert.deepEqual([handled.count, handled.bytes, changes], [3, 0, 2])
})

test('what is in hand and comes again is known, and counts when it is done', async () => {
  const handled = new Handled(0, () => undefined)
  const a = deferred()
  handled.receive(message('a'), a.promise)
  handled.receive(message('b'), undefined)
  handled.interrupt()
  assert.equal(handled.received, 0)
  assert.equal(handled.repeats(message('a')), true)
  assert.equal(handled.repeats(message('b')), true)
  assert.equal(handled.repeats(message('b')), false, 'one more is another one')
  handled.receive(message('b'), undefined)
  assert.deepEqual([handled.count, handled.received], [0, 3])
  await a.resolve()
  assert.equal(handled.count, 3)
})

test('what was done meanwhile counts at once when it comes again', async () => {
  const handled = new Handled(0, () => undefined)
  const [a, b] = [deferred(), deferred()]
  handled.receive(message('a'), a.promise)
  handled.receive(message('b'), b.promise)
  handled.interrupt()
  await b.resolve()
  await a.resolve()
  assert.equal(handled.repeats(message('a')), true)
  assert.equal(handled.count, 1)
  assert.equal(handled.repeats(message('c')), false, 'the other side has left one out')
  handled.receive(message('c'), undefined)
  assert.equal(handled.count, 2)
})

test('what comes again in its order is found at once, also when the connection broke in the middle of it', () => {
  let looks = 0
  const all = Array.from({ length: 1_000 }, (_, at) => {
    const one = message(`m${at}`)
    Object.defineProperty(one, 'childText', { value: () => void looks++ })
    return one
  })
  const handled = new Handled(0, () => undefined)
  for (const one of all) handled.receive(one, new Promise(() => undefined))
  handled.interrupt()
  for (const one of all.slice(0, 500)) assert.ok(handled.repeats(one))
  handled.interrupt()
  for (const one of all) assert.ok(handled.repeats(one))
  assert.ok(looks <= 2 * 1_500, `${looks}`)
})

test('what is in hand weighs what it is, also where no parser has kept its text', () => {
  const handled = new Handled(0, () => undefined)
  handled.receive(
    el('message', NS.client, {}, [el('body', NS.client, {}, 'x'.repeat(50_000))]),
    new Promise(() => undefined),
  )
  assert.ok(handled.bytes > 50_000, `${handled.bytes}`)
})

test('of what is done and waits to be counted no more is kept than is needed to know it again', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const handled = new Handled(0, () => undefined)
  handled.receive(message('slow'), new Promise(() => undefined))
  const element = (): Element => message('result').withChildren([el('result', 'urn:example', {}, ['x'.repeat(9)])])
  const receive = (): WeakRef<Element> => {
    const one = element()
    handled.receive(one, undefined)
    return new WeakRef(one)
  }
  const kept = receive()
  await new Promise(setImmediate) // until then it is not collected
  collect()
  assert.equal(kept.deref(), undefined)
  handled.interrupt()
  assert.equal(handled.repeats(message('slow')), true)
  assert.equal(handled.repeats(element()), true)
})
