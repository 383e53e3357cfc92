/** Octet strings for the SASL mechanisms: joining and XOR. Not the wire strings of the XML layer. */
export { decodeUtf8, encodeUtf8 } from '#utf8'

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]))
}

/** Octet by octet; both must have the same length. */
export function xorBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((octet, i) => octet ^ b[i]!)
}
