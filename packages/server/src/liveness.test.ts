import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitsSchema } from './config/limits.ts'
import { Liveness, type Look, type Verdict } from './liveness.ts'

const limits = limitsSchema.parse({ negotiationSeconds: 10, writeTimeoutSeconds: 3, stanzaSeconds: 4, idleSeconds: 5 })
const quiet: Look = { isLoggedIn: true, isBlocked: false, isPartial: false }

/** A look each second; before each, `happens` may say what has come. */
function watch(seconds: number, look: Look, happens: (liveness: Liveness, second: number) => void = () => undefined) {
  const liveness = new Liveness(0)
  const verdicts: [number, Verdict][] = []
  for (let second = 1; second <= seconds; second++) {
    happens(liveness, second)
    const verdict = liveness.look(second * 1000, look, limits)
    if (verdict !== undefined) verdicts.push([second, verdict])
  }
  return verdicts
}

const alive = (liveness: Liveness): void => liveness.heard()

test('a login has its time, and no more (S24)', () => {
  assert.deepEqual(watch(12, { ...quiet, isLoggedIn: false }, alive), [
    [11, 'login'],
    [12, 'login'],
  ])
})

test('who does not read is found, who reads in between is not (S81)', () => {
  assert.deepEqual(watch(5, { ...quiet, isBlocked: true }, alive), [[5, 'unread']])
  const reads = (liveness: Liveness, second: number): void => {
    liveness.heard()
    if (second % 3 === 0) liveness.drained()
  }
  assert.deepEqual(watch(20, { ...quiet, isBlocked: true }, reads), [])
})

test('a stanza that does not get done is found, one after the other is not (S17)', () => {
  assert.deepEqual(watch(5, { ...quiet, isPartial: true }, alive), [[5, 'partial']])
  const completes = (liveness: Liveness, second: number): void => {
    liveness.heard()
    if (second % 4 === 0) liveness.completed()
  }
  assert.deepEqual(watch(20, { ...quiet, isPartial: true }, completes), [])
})

test('who says nothing is asked once, then taken for gone', () => {
  assert.deepEqual(watch(37, quiet), [
    [6, 'ask'],
    [37, 'silent'],
  ])
  const answers = (liveness: Liveness, second: number): void => {
    if (second % 7 === 0) liveness.heard()
  }
  assert.ok(watch(100, quiet, answers).every(([, verdict]) => verdict === 'ask'))
})

test('limits of 0 are none', () => {
  const none = limitsSchema.parse({ negotiationSeconds: 0, writeTimeoutSeconds: 0, stanzaSeconds: 0, idleSeconds: 0 })
  const liveness = new Liveness(0)
  for (const isLoggedIn of [true, false])
    for (let second = 1; second < 1000; second++)
      assert.equal(liveness.look(second * 1000, { isLoggedIn, isBlocked: true, isPartial: true }, none), undefined)
})
