/** Addresses as bundles for browsers read them, beside those of everybody else. `in-browsers.test.ts` runs all tests of addresses with them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Jid } from './jid.ts'
import * as full from './parse-jid.ts'
import * as small from './parse-jid-small.ts'

const runs = { seed: 76221, numRuns: Number(process.env['ROOKERY_FUZZ_RUNS'] ?? 5000) }
const unit = fc.constantFrom(...'ab@@@///.é Aß\n"&', 'x@y/z', '\u2028', '\ud800', 'ｶ')
const text = fc.array(unit, { maxLength: 9 }).map((units) => units.join(''))
const partsOf = (address: Jid | undefined): unknown =>
  address && [address.local, address.domain, address.resource, address.bare.toString(), address.toString()]

test('reads what the other form reads, and refuses what it refuses', () => {
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      assert.deepEqual(partsOf(small.parseJid(a)), partsOf(full.parseJid(a)))
      const address = `${a}@${b}.example/${c}`
      assert.deepEqual(partsOf(small.parseJid(address)), partsOf(full.parseJid(address)))
      assert.deepEqual(partsOf(small.jidFromParts(a, b, c)), partsOf(full.jidFromParts(a, b, c)))
    }),
    runs,
  )
})
