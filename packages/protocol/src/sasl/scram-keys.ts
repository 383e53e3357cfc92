/** The keys a server stores instead of a password, and how both sides get them (RFC 5802 section 3, RFC 7677). */

import { type Maybe, then } from '../maybe.ts'
import { encodeUtf8 } from './bytes.ts'
import { type HashName, hashLength, type SaslCrypto } from './sasl-crypto.ts'

export interface ScramKeys {
  readonly hash: HashName
  readonly salt: Uint8Array
  readonly iterations: number
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

const clientKeyLabel = encodeUtf8('Client Key')
const serverKeyLabel = encodeUtf8('Server Key')

/** SaltedPassword [RFC5802 3], which a client sends for an upgrade (XEP-0480). The password is prepared already. */
export function saltPassword(
  crypto: SaslCrypto,
  hash: HashName,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Maybe<Uint8Array> {
  return crypto.pbkdf2(hash, encodeUtf8(password), salt, iterations, hashLength[hash])
}

/** What a server keeps, from the SaltedPassword alone. [XEP-0480 3] */
export function scramKeysOf(
  crypto: SaslCrypto,
  hash: HashName,
  salted: Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Maybe<ScramKeys> {
  return then(crypto.hmac(hash, salted, clientKeyLabel), (clientKey) =>
    then(crypto.hash(hash, clientKey), (storedKey) =>
      then(crypto.hmac(hash, salted, serverKeyLabel), (serverKey) => ({
        hash,
        salt,
        iterations,
        storedKey,
        serverKey,
      })),
    ),
  )
}

/** From a password that is already prepared (`prepareOpaque`). */
export function deriveScramKeys(
  crypto: SaslCrypto,
  hash: HashName,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Maybe<ScramKeys> {
  return then(saltPassword(crypto, hash, password, salt, iterations), (salted) =>
    scramKeysOf(crypto, hash, salted, salt, iterations),
  )
}
