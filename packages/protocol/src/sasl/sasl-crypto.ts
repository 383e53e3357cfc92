/** The cryptography that the mechanisms lean on, passed in by whoever has a platform. Not an implementation. */

import type { Maybe } from '../maybe.ts'

export type HashName = 'SHA-1' | 'SHA-256' | 'SHA-512'

/** Length of a hash's result in octets. */
export const hashLength: Readonly<Record<HashName, number>> = { 'SHA-1': 20, 'SHA-256': 32, 'SHA-512': 64 }

export interface SaslCrypto {
  hash(hash: HashName, data: Uint8Array): Maybe<Uint8Array>
  hmac(hash: HashName, key: Uint8Array, data: Uint8Array): Maybe<Uint8Array>
  /** PBKDF2 with HMAC of `hash` (RFC 8018). A client that reconnects often may wrap this one to remember its last result. */
  pbkdf2(hash: HashName, password: Uint8Array, salt: Uint8Array, iterations: number, length: number): Maybe<Uint8Array>
  /** `length` octets nobody can guess. */
  random(length: number): Uint8Array
  /** Takes the same time wherever the difference is; false when the lengths differ. */
  equal(a: Uint8Array, b: Uint8Array): boolean
}
