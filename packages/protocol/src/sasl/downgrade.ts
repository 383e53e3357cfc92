/** SASL SCRAM downgrade protection (XEP-0474 version 0.5): the hash of everything the server offered; and the TLS version of XEP-0515 0.1. */

import { type Maybe, then } from '../maybe.ts'
import { encodeBase64 } from './base64.ts'
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
  let offers = sortOctets(mechanisms).join('\x1e')
  if (bindings.length > 0) offers += `\x1f${sortOctets(bindings).join('\x1e')}`
  return then(crypto.hash(hash, encodeUtf8(offers)), encodeBase64)
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

/** i;octet collation (RFC 4790 section 9.3): UTF-16 sorts otherwise. */
function sortOctets(names: readonly string[]): string[] {
  return names
    .map((name) => [[...encodeUtf8(name)].map((octet) => String.fromCharCode(octet)).join(''), name] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, name]) => name)
}
