import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchAddresses } from './network.ts'

test('an address that comes or goes is told, until it is stopped', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let addresses = '::1 127.0.0.1'
  let count = 0
  const stop = watchAddresses(
    () => count++,
    () => addresses,
  )
  t.mock.timers.tick(9000)
  assert.equal(count, 0)
  addresses = '::1 127.0.0.1 192.0.2.7'
  t.mock.timers.tick(3000)
  t.mock.timers.tick(3000)
  assert.equal(count, 1)
  addresses = '::1'
  t.mock.timers.tick(3000)
  assert.equal(count, 2)
  stop()
  addresses = ''
  t.mock.timers.tick(9000)
  assert.equal(count, 2)
})

test('the addresses of this machine are the same from one look to the next', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let count = 0
  const stop = watchAddresses(() => count++)
  t.mock.timers.tick(9000)
  stop()
  assert.equal(count, 0)
})

test('a machine that does not tell its addresses, as some do not, tells nothing', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let count = 0
  let addresses: (() => string) | undefined
  const stop = watchAddresses(
    () => count++,
    () => addresses!(),
  )
  t.mock.timers.tick(9000)
  assert.equal(count, 0)
  addresses = () => '192.0.2.7'
  t.mock.timers.tick(3000)
  assert.equal(count, 1)
  addresses = undefined
  t.mock.timers.tick(3000)
  assert.equal(count, 1)
  stop()
})
