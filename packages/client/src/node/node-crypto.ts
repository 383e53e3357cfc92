/** Node's cryptography for the SASL mechanisms: everything short at once, password hashing in the thread pool. */
import { createHmac, hash, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { HashName, SaslCrypto } from '@rookery/protocol/sasl'

const nodeNames: Readonly<Record<HashName, string>> = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-512': 'sha512' }

const derive = promisify(pbkdf2)

export const nodeCrypto: SaslCrypto = {
  hash: (name, data) => hash(nodeNames[name], data, 'buffer'),
  hmac: (name, key, data) => createHmac(nodeNames[name], key).update(data).digest(),
  pbkdf2: (name, password, salt, iterations, length) => derive(password, salt, iterations, length, nodeNames[name]),
  random: (length) => randomBytes(length),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
}
