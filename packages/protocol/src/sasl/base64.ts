/**
 * Base 64 (RFC 4648 section 4), strict: no spaces, no line breaks, padding required and its unused bits zero [RFC6120 6.3.5].
 * Not the URL-safe alphabet.
 */

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
/** By character; -1 for what is none. */
const digits: Int8Array = Int8Array.from({ length: 128 }, (_, code) => alphabet.indexOf(String.fromCharCode(code)))

export function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const group = (bytes[i]! << 16) | (left > 1 ? bytes[i + 1]! << 8 : 0) | (left > 2 ? bytes[i + 2]! : 0)
    text += alphabet[group >> 18]! + alphabet[(group >> 12) & 63]!
    text += (left > 1 ? alphabet[(group >> 6) & 63]! : '=') + (left > 2 ? alphabet[group & 63]! : '=')
  }
  return text
}

/** The octets, or undefined when the text is not exactly what an encoder makes of them. The empty text is zero octets. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const end = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length
  const bytes = new Uint8Array((end * 3) >> 2)
  let out = 0
  let bits = 0
  let held = 0
  for (let i = 0; i < end; i++) {
    const value = digits[text.charCodeAt(i)] ?? -1
    if (value < 0) return undefined
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
