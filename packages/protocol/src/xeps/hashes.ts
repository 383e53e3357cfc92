/** Use of Cryptographic Hash Functions in XMPP (XEP-0300 1.0.0): a hash, and which function made it. Nothing is computed here. */
import { attribute, base64, type ElementCodec, element, nonEmpty, ownText } from '../codec/index.ts'

export const HASHES_NS = 'urn:xmpp:hashes:2'
/** Service discovery: with the name of a function behind it, that function is known. [XEP-0300 5] */
export const HASH_FUNCTION_PREFIX = 'urn:xmpp:hash-function-text-names:'

export interface Hash {
  /** As in `sha-256`. [XEP-0300 3] */
  readonly algorithm: string
  readonly value: Uint8Array
}

export const hash: ElementCodec<Hash> = element(
  HASHES_NS,
  'hash',
  { algorithm: attribute('algo', nonEmpty), value: ownText(base64) },
  ({ value }) => (value.length === 0 ? 'The text of <hash/> must not be empty.' : undefined),
)

/** Which function will be used. */
export const hashUsed: ElementCodec<{ readonly algorithm: string }> = element(HASHES_NS, 'hash-used', {
  algorithm: attribute('algo', nonEmpty),
})

/** What the Web Crypto API calls the function; undefined when it does not have it, or when the function is broken, as SHA-1 is. */
export function webCryptoName(algorithm: string): string | undefined {
  return ['sha-256', 'sha-384', 'sha-512'].includes(algorithm) ? algorithm.toUpperCase() : undefined
}
