/** The cryptography of browsers, workers, Deno and Bun for the SASL mechanisms: Web Cryptography. */
import type { HashName, SaslCrypto } from '@rookery/protocol/sasl'
import { UsageError } from '../contract/errors.ts'

export const webCrypto: SaslCrypto = {
  hash: async (name, data) => new Uint8Array(await subtle().digest(name, source(data))),
  async hmac(name, key, data) {
    // an empty key is refused by some, and is the same as one of zeros [RFC2104 2]
    const imported = await importKey(key.length === 0 ? new Uint8Array(1) : key, { name: 'HMAC', hash: name }, 'sign')
    return new Uint8Array(await subtle().sign('HMAC', imported, source(data)))
  },
  async pbkdf2(hash, password, salt, iterations, length) {
    const key = await importKey(password, 'PBKDF2', 'deriveBits')
    const how = { name: 'PBKDF2', hash, salt: source(salt), iterations }
    return new Uint8Array(await subtle().deriveBits(how, key, length * 8))
  },
  random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  // in the same time wherever they differ
  equal: (a, b) => a.reduce((difference, octet, i) => difference | (octet ^ b[i]!), a.length ^ b.length) === 0,
}

function importKey(
  key: Uint8Array,
  algorithm: 'PBKDF2' | { readonly name: 'HMAC'; readonly hash: HashName },
  usage: KeyUsage,
): Promise<CryptoKey> {
  return subtle().importKey('raw', source(key), algorithm, false, [usage])
}

function subtle(): SubtleCrypto {
  // typed as always there, which it is in secure contexts only
  const found = globalThis.crypto?.subtle as SubtleCrypto | undefined
  if (found === undefined) throw new UsageError('No crypto.subtle in this page: serve it by https:, or from localhost.')
  return found
}

/** Octets of ours are never shared with other threads. */
function source(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}
