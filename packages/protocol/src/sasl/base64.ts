/**
 * Base 64 (RFC 4648 section 4), strict: no spaces, no line breaks, padding required and its unused bits zero [RFC6120 6.3.5].
 * Not the URL-safe alphabet.
 */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const pad = 0x3d

const values = new Uint8Array(128).fill(64)
for (let i = 0; i < 64; i++) values[alphabet.charCodeAt(i)] = i

export function encodeBase64(bytes: Uint8Array): string {
  const whole = bytes.length - (bytes.length % 3)
  let text = ''
  for (let i = 0; i < whole; i += 3) {
    const group = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!
    text +=
      alphabet[group >> 18]! + alphabet[(group >> 12) & 63]! + alphabet[(group >> 6) & 63]! + alphabet[group & 63]!
  }
  if (bytes.length - whole === 1) {
    const last = bytes[whole]!
    return `${text}${alphabet[last >> 2]!}${alphabet[(last & 3) << 4]!}==`
  }
  if (bytes.length - whole === 2) {
    const last = (bytes[whole]! << 8) | bytes[whole + 1]!
    return `${text}${alphabet[last >> 10]!}${alphabet[(last >> 4) & 63]!}${alphabet[(last & 15) << 2]!}=`
  }
  return text
}

/** The octets, or undefined when the text is not exactly what an encoder makes of them. The empty text is zero octets. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length === 0) return new Uint8Array(0)
  if (text.length % 4 !== 0) return undefined
  let padding = 0
  if (text.charCodeAt(text.length - 1) === pad) padding = text.charCodeAt(text.length - 2) === pad ? 2 : 1
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  const end = text.length - padding
  let out = 0
  let bits = 0
  let held = 0
  for (let i = 0; i < end; i++) {
    const value = values[text.charCodeAt(i)] ?? 64
    if (value === 64) return undefined
    bits = ((bits << 6) | value) & 0xfff
    held += 6
    if (held >= 8) {
      held -= 8
      bytes[out++] = bits >> held
    }
  }
  // [RFC6120 6.3.5] "the padding bits are set to zero"
  return (bits & ((1 << held) - 1)) === 0 ? bytes : undefined
}
