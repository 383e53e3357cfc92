import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { Sha256 } from './sha256.ts'

const expected = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')

describe('SHA-256', () => {
  test('agrees with that of Node for every length around a block', () => {
    for (let length = 0; length < 200; length++) {
      const data = Uint8Array.from({ length }, (_, index) => index * 7 + length)
      assert.equal(hex(new Sha256().update(data).digest()), expected(data), `${length} bytes`)
    }
  })

  test('does not care how the data is cut', () => {
    const data = Uint8Array.from({ length: 10_000 }, (_, index) => index % 251)
    for (const piece of [1, 63, 64, 65, 1000]) {
      const hash = new Sha256()
      for (let at = 0; at < data.length; at += piece) hash.update(data.subarray(at, at + piece))
      assert.equal(hex(hash.digest()), expected(data))
    }
  })
})
