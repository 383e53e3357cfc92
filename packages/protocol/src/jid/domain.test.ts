import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { domainToASCII } from 'node:url'
import fc from 'fast-check'
import { prepareDomain } from './domain.ts'
import { decodePunycode, encodePunycode } from './punycode.ts'

const runs = { seed: 5891, numRuns: Number(process.env['ROOKERY_FUZZ_RUNS'] ?? 1000) }

describe('Punycode', () => {
  // [RFC3492 7.1] (B) Chinese, (H) Korean shortened, (L) 3B, (S) ASCII that breaks the rules for host names
  const samples = [
    ['他们为什么不说中文', 'ihqwcrb4cv8a8dqg056pqjye'],
    ['3年b組金八先生', '3b-ww4c5e180e575a65lsy2b'],
    ['そのスピードで', 'd9juau41awczczp'],
    ['bücher', 'bcher-kva'],
    ['-> $1.00 <-', '-> $1.00 <--'],
  ] as const

  test('encodes and decodes', () => {
    for (const [text, encoded] of samples) {
      assert.equal(encodePunycode(text), encoded)
      assert.equal(decodePunycode(encoded), text)
    }
  })

  test('refuses what is broken or could not fit into a label', () => {
    for (const encoded of ['z', 'é-a', 'bcher-kvaA', '99999999', 'a'.repeat(64)])
      assert.equal(decodePunycode(encoded), undefined)
    assert.equal(encodePunycode('ü'.repeat(64)), undefined)
  })

  test('comes back the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
        const encoded = encodePunycode(text)
        if (encoded !== undefined && encoded.length <= 63) assert.equal(decodePunycode(encoded), text)
      }),
      runs,
    )
  })
})

describe('domains, beside the URL parser of the runtime', () => {
  const letters = fc.constantFrom(...'abzÄöüßéñçåΩσςЖыאבשبتثकषक्中文字カナあ한글ไทย1239-·\u0301\u094D\u200D')
  const label = fc.array(letters, { minLength: 1, maxLength: 8 }).map((chars) => chars.join(''))

  test('a prepared name has the A-labels the runtime gives it', () => {
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
        // The last label keeps the runtime from reading an IPv4 address.
        const name = [...labels, 'example'].join('.')
        const prepared = prepareDomain(name)
        if (prepared === undefined) return
        const ascii = domainToASCII(name)
        assert.notEqual(ascii, '')
        assert.equal(prepareDomain(ascii), prepared)
        assert.equal(domainToASCII(prepared), ascii)
      }),
      runs,
    )
  })

  test('an IPv6 literal has the form the runtime gives it', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        assert.equal(prepareDomain(`[${address}]`), new URL(`http://[${address}]/`).hostname)
      }),
      runs,
    )
  })

  test('a string in brackets is an IPv6 literal for both or for neither', () => {
    const pieces = fc.constantFrom(':', '::', '0', '1', 'ffff', 'A', '12345', 'g', '.', '1.2.3.4')
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = `[${parts.join('')}]`
        assert.equal(prepareDomain(text) !== undefined, URL.canParse(`http://${text}/`), text)
      }),
      runs,
    )
  })
})
