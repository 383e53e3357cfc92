import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Latency } from './latency.ts'

test('a quantile lies within two per cent of the recorded value, from one microsecond to minutes', () => {
  for (const micros of [1, 63, 64, 65, 127, 128, 1000, 4096, 123_456, 9_999_999, 600_000_000]) {
    const latency = new Latency()
    latency.record(micros)
    const found = latency.quantile(0.5) ?? Number.NaN
    assert.ok(found >= micros && found <= micros * 1.02, `${micros} became ${found}`)
  }
})

test('quantiles follow the order of what was recorded', () => {
  const latency = new Latency()
  for (let micros = 1; micros <= 1000; micros++) latency.record(micros)
  const p50 = latency.quantile(0.5) ?? 0
  const p99 = latency.quantile(0.99) ?? 0
  assert.ok(p50 >= 500 && p50 <= 510)
  assert.ok(p99 >= 990 && p99 <= 1010)
  assert.equal(latency.count, 1000)
})

test('nothing recorded has no quantile, and negative or absurd values break nothing', () => {
  const latency = new Latency()
  assert.equal(latency.quantile(0.99), undefined)
  latency.record(-5)
  latency.record(2 ** 40)
  assert.equal(latency.quantile(0.5), 0)
  latency.reset()
  assert.equal(latency.quantile(0.5), undefined)
})
