/** Octet strings for the SASL mechanisms: joining and XOR. Not the wire strings of the XML layer. */
export { decodeUtf8, encodeUtf8 } from '#utf8'

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Octet by octet; both must have the same length. */
export function xorBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  const result = new Uint8Array(a.length)
  for (let i = 0; i < a.length; i++) result[i] = a[i]! ^ b[i]!
  return result
}
