import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { concatBytes, decodeUtf8, encodeUtf8, xorBytes } from './bytes.ts'
import { vectors } from './support.test.ts'

const published = vectors<{ valid: [string, string][]; refused: string[] }>('base64')

describe('base 64', () => {
  test('agrees with RFC 4648 section 10', () => {
    for (const [text, encoded] of published.valid) {
      assert.equal(encodeBase64(encodeUtf8(text)), encoded)
      assert.equal(decodeUtf8(decodeBase64(encoded)!), text)
    }
  })

  test('refuses what no encoder makes', () => {
    for (const text of published.refused) assert.equal(decodeBase64(text), undefined, JSON.stringify(text))
  })

  test('agrees with the platform, both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
        const encoded = Buffer.from(data).toString('base64')
        assert.equal(encodeBase64(data), encoded)
        assert.deepEqual(decodeBase64(encoded), data)
      }),
    )
  })

  test('decodes only what it would encode', () => {
    const character = fc.constantFrom(...'ABZaz09+/==\n -')
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 12 }), (text) => {
        const data = decodeBase64(text)
        if (data !== undefined) assert.equal(encodeBase64(data), text)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('UTF-8', () => {
  test('agrees with the platform on every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        assert.deepEqual(encodeUtf8(text), new TextEncoder().encode(text))
        assert.equal(decodeUtf8(encodeUtf8(text)), text)
      }),
    )
    assert.deepEqual(encodeUtf8('a\ud800b'), new TextEncoder().encode('a\ud800b'))
  })

  test('agrees with the platform on what is not UTF-8', () => {
    const platform = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const expected = (data: Uint8Array) => {
      try {
        return platform.decode(data)
      } catch {
        return undefined
      }
    }
    const octet = fc.constantFrom(
      0x00,
      0x41,
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xed,
    )
    const high = fc.constantFrom(0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff)
    fc.assert(
      fc.property(fc.array(fc.oneof(octet, high), { maxLength: 6 }), (octets) => {
        const data = Uint8Array.from(octets)
        assert.equal(decodeUtf8(data), expected(data))
      }),
      { numRuns: 3000 },
    )
  })
})

test('joins and combines octets', () => {
  assert.deepEqual(concatBytes(Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3)), Uint8Array.of(1, 2, 3))
  assert.deepEqual(xorBytes(Uint8Array.of(0xf0, 1), Uint8Array.of(0xff, 1)), Uint8Array.of(0x0f, 0))
})
