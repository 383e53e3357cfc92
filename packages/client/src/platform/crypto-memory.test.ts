import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeUtf8, type SaslCrypto } from '@rookery/protocol/sasl'
import { nodeCrypto } from '../node/node-crypto.ts'
import { rememberPbkdf2 } from './crypto-memory.ts'

const password = encodeUtf8('secret')
const salt = encodeUtf8('salt')

function counted(pbkdf2: SaslCrypto['pbkdf2'] = nodeCrypto.pbkdf2): { crypto: SaslCrypto; count: () => number } {
  let count = 0
  const crypto = rememberPbkdf2({
    ...nodeCrypto,
    pbkdf2: (...given) => {
      count++
      return pbkdf2(...given)
    },
  })
  return { crypto, count: () => count }
}

test('the same question is answered from memory, also while the first is being worked out', async () => {
  const { crypto, count } = counted()
  const [one, other] = await Promise.all([
    crypto.pbkdf2('SHA-256', password, salt, 4096, 32),
    crypto.pbkdf2('SHA-256', password, salt, 4096, 32),
  ])
  assert.deepEqual(new Uint8Array(one), new Uint8Array(await nodeCrypto.pbkdf2('SHA-256', password, salt, 4096, 32)))
  assert.deepEqual(other, one)
  assert.deepEqual(await crypto.pbkdf2('SHA-256', password, salt, 4096, 32), one)
  assert.equal(count(), 1)
})

test('another question is worked out', async () => {
  const { crypto, count } = counted()
  await crypto.pbkdf2('SHA-256', password, salt, 4096, 32)
  await crypto.pbkdf2('SHA-1', password, salt, 4096, 32)
  await crypto.pbkdf2('SHA-1', password, salt, 4096, 20)
  await crypto.pbkdf2('SHA-1', password, salt, 4097, 20)
  await crypto.pbkdf2('SHA-1', encodeUtf8('secreT'), salt, 4097, 20)
  await crypto.pbkdf2('SHA-1', encodeUtf8('secreT'), encodeUtf8('salT'), 4097, 20)
  assert.equal(count(), 6)
})

test('what the caller does with its password afterwards changes nothing', async () => {
  const { crypto, count } = counted()
  const own = encodeUtf8('secret')
  await crypto.pbkdf2('SHA-256', own, salt, 4096, 32)
  own.fill(0)
  await crypto.pbkdf2('SHA-256', password, salt, 4096, 32)
  assert.equal(count(), 1)
})

test('a failure is not remembered', async () => {
  let fails = true
  const { crypto } = counted(async (...given) => {
    if (fails) throw new Error('no thread left')
    return nodeCrypto.pbkdf2(...given)
  })
  await assert.rejects(async () => crypto.pbkdf2('SHA-256', password, salt, 4096, 32), /no thread left/)
  fails = false
  assert.equal((await crypto.pbkdf2('SHA-256', password, salt, 4096, 32)).length, 32)
})
