/** SASL SCRAM downgrade protection (XEP-0474 version 0.5): the hash of everything the server offered; and the TLS version of XEP-0515 0.1. */

import { type Maybe, then } from '../maybe.ts'
import { encodeBase64, fromBinary, toBinary } from './base64.ts'
import { encodeUtf8 } from './bytes.ts'
import type { HashName, SaslCrypto } from './sasl-crypto.ts'

/**
 * `mechanisms` are those of the SASL version in use only; `bindings` is empty when XEP-0440 advertised none.
 * Returns the value of the `h` attribute. [XEP-0474 6.1]
 */
export function downgradeHash(
  crypto: SaslCrypto,
  hash: HashName,
  mechanisms: readonly string[],
  bindings: readonly string[],
): Maybe<string> {
  return then(crypto.hash(hash, offersToHash(mechanisms, bindings)), encodeBase64)
}

/** What is hashed, in the order of i;octet, also where a name is not ASCII, as all should be. [XEP-0474 6.1, RFC4422 3.1, RFC5056 7] */
export function offersToHash(mechanisms: readonly string[], bindings: readonly string[]): Uint8Array {
  // JavaScript sorts by units of UTF-16
  const list = (names: readonly string[]): string =>
    names
      .map((name) => toBinary(encodeUtf8(name)))
      .sort()
      .join('\x1e')
  return fromBinary(list(mechanisms) + (bindings.length > 0 ? `\x1f${list(bindings)}` : ''))
}

/** `TLSv1.3` as the four hexadecimal digits of the protocol's own number; undefined for what is no TLS. [XEP-0515 5.1] */
export function tlsVersionCode(version: string | undefined): string | undefined {
  return version === undefined ? undefined : tlsVersions.get(version)
}

const tlsVersions: ReadonlyMap<string, string> = new Map([
  ['TLSv1.3', '0304'],
  ['TLSv1.2', '0303'],
  ['TLSv1.1', '0302'],
  ['TLSv1', '0301'],
])
