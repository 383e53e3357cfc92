import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Meter } from './meter.ts'

describe('a meter', () => {
  test('lets a burst through, then asks for as long a pause as the rest takes', () => {
    const meter = new Meter(1000, 5000, 0)
    assert.equal(meter.take(5000, 0), 0)
    assert.equal(meter.take(1, 0), 1)
    assert.equal(meter.take(999, 0), 1000)
  })

  test('has nothing to ask of who pauses as long as told', () => {
    const meter = new Meter(1000, 1000, 0)
    assert.equal(meter.take(3000, 0), 2000)
    assert.equal(meter.take(1000, 3000), 0)
    assert.equal(meter.take(1, 3000), 1)
  })

  test('saves up no more than a burst', () => {
    const meter = new Meter(1000, 2000, 0)
    assert.equal(meter.take(2000, 1_000_000), 0)
    assert.equal(meter.take(1, 1_000_000), 1)
  })

  test('lets a second through at once, even with a smaller burst', () => {
    assert.equal(new Meter(1000, 10, 0).take(1000, 0), 0)
  })

  test('without a rate never asks for a pause', () => {
    const meter = new Meter(0, 0, 0)
    assert.equal(meter.take(1_000_000_000, 0), 0)
    assert.equal(meter.take(1_000_000_000, 0), 0)
  })
})
