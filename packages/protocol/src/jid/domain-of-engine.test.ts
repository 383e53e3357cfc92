/** Domains as bundles for browsers prepare them, beside those of everybody else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { prepareDomain as prepareExactly } from './domain.ts'
import { prepareDomain } from './domain-of-engine.ts'

const runs = { seed: 5895, numRuns: Number(process.env['ROOKERY_FUZZ_RUNS'] ?? 2000) }
const letters = fc.constantFrom(...'abzABZÄöüßéñçåΩσςЖыאבשبتثкक्中文字カナあ한글ไทยＡ1239-·_ \u0301\u{10400}')
const label = fc.array(letters, { minLength: 1, maxLength: 8 }).map((chars) => chars.join(''))

test('a name that is accepted elsewhere is the same name here', () => {
  const property = fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), fc.boolean(), (labels, dot) => {
    const name = labels.join('.') + (dot ? '.' : '')
    const exact = prepareExactly(name)
    if (exact !== undefined) assert.equal(prepareDomain(name), exact)
  })
  fc.assert(property, runs)
})

test('what is prepared stays as it is', () => {
  const property = fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
    const prepared = prepareDomain(labels.join('.'))
    if (prepared !== undefined) assert.equal(prepareDomain(prepared), prepared)
  })
  fc.assert(property, runs)
})

test('ASCII is judged as elsewhere, but for A-labels and the hyphens that announce them', () => {
  const ascii = fc.string({ unit: fc.constantFrom(...'aZ09-._ /@:[]%"~'), maxLength: 12 })
  const property = fc.property(ascii, (name) => {
    if (/(^|\.)..--/.test(name) || name.startsWith('[')) return
    assert.equal(prepareDomain(name), prepareExactly(name), name)
  })
  fc.assert(property, runs)
})

test('lengths', () => {
  assert.equal(prepareDomain('a'.repeat(63)), 'a'.repeat(63))
  assert.equal(prepareDomain('a'.repeat(64)), undefined)
  assert.equal(prepareDomain('a.'.repeat(127)), `${'a.'.repeat(126)}a`)
  assert.equal(prepareDomain('a.'.repeat(128)), undefined)
  assert.equal(prepareDomain('ü.'.repeat(100_000)), undefined)
  assert.equal(prepareDomain(''), undefined)
})

test('known differences: A-labels stay, IPv6 literals keep their zeros, Cherokee becomes small letters', () => {
  assert.equal(prepareDomain('XN--bcher-kva.example'), 'xn--bcher-kva.example')
  assert.equal(prepareDomain('[2001:DB8:0:0::1]'), '[2001:db8:0:0::1]')
  assert.equal(prepareDomain('[fe80::1%25Eth0]'), '[fe80::1%25Eth0]')
  assert.equal(prepareDomain('\u13a0.example'), '\uab70.example')
  for (const broken of ['[', '[]', '[::1', '::1', '[x::1]', '[::1]a', '[::1%]', '[::1%25]']) {
    assert.equal(prepareDomain(broken), undefined, broken)
  }
})
