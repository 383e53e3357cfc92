/** Cryptography for the SASL of @rookery/protocol, from Node. Password hashes are remembered: the actors log in thousands of times. */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { HashName, SaslCrypto } from '@rookery/protocol/sasl'

const names: Readonly<Record<HashName, string>> = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-512': 'sha512' }
const remembered = new Map<string, Uint8Array>()

export const nodeCrypto: SaslCrypto = {
  hash: (hash, data) => new Uint8Array(createHash(names[hash]).update(data).digest()),
  hmac: (hash, key, data) => new Uint8Array(createHmac(names[hash], key).update(data).digest()),
  pbkdf2(hash, password, salt, iterations, length) {
    const key = [hash, Buffer.from(password).toString('hex'), Buffer.from(salt).toString('hex'), iterations].join()
    const known = remembered.get(key)
    if (known !== undefined) return known
    const made = new Uint8Array(pbkdf2Sync(password, salt, iterations, length, names[hash]))
    remembered.set(key, made)
    return made
  },
  random: (length) => new Uint8Array(randomBytes(length)),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
}
