import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Limits, limitsSchema } from './config/limits.ts'
import { Gate, prefix } from './gate.ts'

const limits = (given: Partial<Limits>): Limits => limitsSchema.parse(given)

describe('addresses', () => {
  test('an IPv4 address counts by itself, however it is written', () => {
    assert.equal(prefix('192.0.2.1'), '192.0.2.1')
    assert.equal(prefix('::ffff:192.0.2.1'), '192.0.2.1')
    assert.notEqual(prefix('::ffff:192.0.2.2'), prefix('::ffff:192.0.2.1'))
  })

  test('an IPv6 address counts by its first 64 bits', () => {
    const same = ['2001:db8:1:2::', '2001:db8:1:2::1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2:ffff:ffff:ffff:ffff']
    assert.equal(new Set(same.map(prefix)).size, 1)
    assert.notEqual(prefix('2001:db8:1:3::1'), prefix('2001:db8:1:2::1'))
    assert.equal(prefix('2001:db8::1'), prefix('2001:db8:0:0:5::'))
    assert.equal(prefix('::1'), prefix('0:0:0:0:0:0:0:1'))
    assert.equal(prefix('1:2:3:4:5:6:7::'), prefix('1:2:3:4::'))
    assert.equal(prefix('fe80::1%eth0'), prefix('fe80::2%eth0'))
  })
})

describe('the gate', () => {
  test('counts connections in all, by address, and before login', () => {
    const gate = new Gate()
    const few = limits({ connections: 4, connectionsPerAddress: 3, preAuthConnectionsPerAddress: 2 })
    const enter = (address: string) => gate.enter(address, few, 0)
    assert.equal(enter('192.0.2.1'), undefined)
    assert.equal(enter('192.0.2.1'), undefined)
    assert.equal(enter('192.0.2.1'), 'unauthenticated')
    gate.authenticated('192.0.2.1')
    assert.equal(enter('192.0.2.1'), undefined)
    gate.authenticated('192.0.2.1')
    assert.equal(enter('192.0.2.1'), 'address')
    assert.equal(enter('192.0.2.2'), undefined)
    assert.equal(enter('192.0.2.3'), 'connections')
    assert.equal(gate.connections, 4)
  })

  test('gives back what was taken, and does not count who was turned away', () => {
    const gate = new Gate()
    const one = limits({ connectionsPerAddress: 1, preAuthConnectionsPerAddress: 1 })
    for (let i = 0; i < 3; i++) {
      assert.equal(gate.enter('192.0.2.1', one, 0), undefined)
      assert.equal(gate.enter('192.0.2.1', one, 0), 'address')
      const isAuthenticated = i % 2 === 0
      if (isAuthenticated) gate.authenticated('192.0.2.1')
      gate.leave('192.0.2.1', isAuthenticated)
      assert.equal(gate.connections, 0)
    }
    gate.leave('192.0.2.9', false)
    assert.equal(gate.connections, 0)
  })

  test('counts failed logins of a network for ten minutes (S29)', () => {
    const gate = new Gate()
    const two = limits({ authFailuresPerAddress: 2 })
    gate.failedLogin('2001:db8::1', 0)
    assert.equal(gate.enter('2001:db8::1', two, 1000), undefined)
    gate.failedLogin('2001:db8::2', 1000)
    assert.equal(gate.enter('2001:db8::3', two, 2000), 'failures')
    assert.equal(gate.enter('2001:db9::3', two, 2000), undefined)
    assert.equal(gate.enter('2001:db8::3', two, 600_001), undefined)
    gate.failedLogin('2001:db8::1', 600_001)
    assert.equal(gate.hasFailedTooOften('2001:db8::1', two, 600_001), false)
  })

  test('is more patient with a network that people are logged in from: one old password there shuts out nobody else', () => {
    const gate = new Gate()
    const two = limits({ authFailuresPerAddress: 2 })
    const office = '192.0.2.1'
    for (let i = 0; i < 2; i++) {
      gate.enter(office, two, 0)
      gate.authenticated(office)
    }
    for (let i = 0; i < 5; i++) gate.failedLogin(office, 0)
    assert.equal(gate.hasFailedTooOften(office, two, 0), false)
    // they lose their connections and come back
    for (let i = 0; i < 2; i++) gate.leave(office, true)
    assert.equal(gate.enter(office, two, 0), undefined)
    gate.failedLogin(office, 0)
    assert.equal(gate.hasFailedTooOften(office, two, 0), true)
  })

  test('has an end of its patience, however many are logged in', () => {
    const gate = new Gate()
    const two = limits({ authFailuresPerAddress: 2 })
    for (let i = 0; i < 100; i++) {
      gate.enter('192.0.2.1', two, 0)
      gate.authenticated('192.0.2.1')
    }
    for (let i = 0; i < 19; i++) gate.failedLogin('192.0.2.1', 0)
    assert.equal(gate.hasFailedTooOften('192.0.2.1', two, 0), false)
    gate.failedLogin('192.0.2.1', 0)
    assert.equal(gate.hasFailedTooOften('192.0.2.1', two, 0), true)
  })

  test('a limit of 0 is none', () => {
    const gate = new Gate()
    const open = limits({
      connections: 0,
      connectionsPerAddress: 0,
      preAuthConnectionsPerAddress: 0,
      authFailuresPerAddress: 0,
    })
    for (let i = 0; i < 3000; i++) {
      gate.failedLogin('192.0.2.1', 0)
      assert.equal(gate.enter('192.0.2.1', open, 0), undefined)
    }
  })
})
