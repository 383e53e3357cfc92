import assert from 'node:assert/strict'
import { pbkdf2Sync } from 'node:crypto'
import { describe, test } from 'node:test'
import { createCrypto, OverloadedError } from './crypto.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex')

describe('crypto of the server', () => {
  const crypto = createCrypto()

  test('hashes and signs at once (FIPS 180 "abc", RFC 4231 case 2, RFC 2202 case 2)', () => {
    assert.equal(hex(crypto.hash('SHA-1', bytes('abc')) as Uint8Array), 'a9993e364706816aba3e25717850c26c9cd0d89d')
    const sign = (name: 'SHA-1' | 'SHA-256' | 'SHA-512') =>
      hex(crypto.hmac(name, bytes('Jefe'), bytes('what do ya want for nothing?')) as Uint8Array)
    assert.equal(sign('SHA-1'), 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79')
    assert.equal(sign('SHA-256'), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
    assert.match(sign('SHA-512'), /^164b7a7bfcf819e2e395fbe73b56e0a3/)
  })

  test('hashes passwords (RFC 6070)', async () => {
    const key = await crypto.pbkdf2('SHA-1', bytes('password'), bytes('salt'), 4096, 20)
    assert.equal(hex(key), '4b007901b765489abead49d926f721d065a429c1')
  })

  test('compares contents and lengths', () => {
    assert.equal(crypto.equal(bytes('abc'), bytes('abc')), true)
    assert.equal(crypto.equal(bytes('abc'), bytes('abd')), false)
    assert.equal(crypto.equal(bytes('abc'), bytes('abcd')), false)
  })

  test('gives as many random octets as asked', () => {
    assert.equal(crypto.random(18).length, 18)
    assert.notEqual(hex(crypto.random(18)), hex(crypto.random(18)))
  })

  test('does all that waits, in order, and refuses what is beyond the queue', async () => {
    const small = createCrypto({ parallel: 1, queue: 2 })
    const order: number[] = []
    const run = async (n: number) => {
      const key = await small.pbkdf2('SHA-256', bytes(`password ${n}`), bytes('salt'), 10, 32)
      order.push(n)
      return hex(key)
    }
    const results = await Promise.allSettled([run(0), run(1), run(2), run(3), run(4)])
    assert.deepEqual(order, [0, 1, 2])
    for (const [n, result] of results.entries()) {
      if (n < 3) {
        const value = pbkdf2Sync(`password ${n}`, 'salt', 10, 32, 'sha256').toString('hex')
        assert.deepEqual(result, { status: 'fulfilled', value })
      } else {
        assert.ok(result.status === 'rejected' && result.reason instanceof OverloadedError)
        assert.equal(result.reason.waiting, 2)
      }
    }
    assert.equal(await run(5), pbkdf2Sync('password 5', 'salt', 10, 32, 'sha256').toString('hex'))
  })

  test('goes on after a job that failed', async () => {
    const small = createCrypto({ parallel: 1, queue: 1 })
    await assert.rejects(async () => small.pbkdf2('SHA-1', bytes('p'), bytes('s'), 0, 20))
    assert.equal((await small.pbkdf2('SHA-1', bytes('p'), bytes('s'), 1, 20)).length, 20)
  })
})
