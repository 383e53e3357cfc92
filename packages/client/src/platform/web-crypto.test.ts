import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeUtf8 } from '@rookery/protocol/sasl'
import { UsageError } from '../contract/errors.ts'
import { nodeCrypto } from '../node/node-crypto.ts'
import { webCrypto } from './web-crypto.ts'

const data = encodeUtf8('Grüße')
const bytes = async (value: Uint8Array | Promise<Uint8Array>): Promise<Uint8Array> => new Uint8Array(await value)

for (const hash of ['SHA-1', 'SHA-256', 'SHA-512'] as const)
  describe(hash, () => {
    test('gives what Node gives', async () => {
      assert.deepEqual(await bytes(webCrypto.hash(hash, data)), await bytes(nodeCrypto.hash(hash, data)))
      for (const key of [encodeUtf8('key'), new Uint8Array(0), new Uint8Array(200).fill(7)])
        assert.deepEqual(await bytes(webCrypto.hmac(hash, key, data)), await bytes(nodeCrypto.hmac(hash, key, data)))
      for (const password of [data, new Uint8Array(0)])
        assert.deepEqual(
          await bytes(webCrypto.pbkdf2(hash, password, encodeUtf8('salt'), 4096, 20)),
          await bytes(nodeCrypto.pbkdf2(hash, password, encodeUtf8('salt'), 4096, 20)),
        )
    })
  })

test('a view into a larger buffer is only itself', async () => {
  const view = encodeUtf8('before Grüße after').subarray(7, 7 + data.length)
  assert.deepEqual(await bytes(webCrypto.hash('SHA-256', view)), await bytes(webCrypto.hash('SHA-256', data)))
})

test('octets are equal when all of them are', () => {
  for (const { equal } of [webCrypto, nodeCrypto]) {
    assert.equal(equal(data, data.slice()), true)
    assert.equal(equal(new Uint8Array(0), new Uint8Array(0)), true)
    assert.equal(equal(data, data.subarray(1)), false)
    for (let i = 0; i < data.length; i++)
      assert.equal(
        equal(
          data,
          data.map((octet, at) => (at === i ? octet ^ 1 : octet)),
        ),
        false,
      )
  }
})

test('random octets are as many as asked for, and others each time', () => {
  for (const { random } of [webCrypto, nodeCrypto]) {
    assert.equal(random(24).length, 24)
    assert.notDeepEqual(random(24), random(24))
  }
})

test('a page that is no secure context is told what to do', async (t) => {
  t.mock.getter(globalThis.crypto, 'subtle', () => undefined)
  await assert.rejects(async () => webCrypto.hash('SHA-1', data), UsageError)
  await assert.rejects(async () => webCrypto.pbkdf2('SHA-1', data, data, 4096, 20), /https:.*localhost/)
})
