/** UTF-8 (RFC 3629) as octets, without a platform's codec. Bundles for browsers get `utf8-of-platform.ts` in its place. */

/** UTF-8 of a text; a lone surrogate becomes U+FFFD, as everywhere in ECMAScript. */
export function encodeUtf8(text: string): Uint8Array {
  const ascii = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return encodeBeyondAscii(text)
    ascii[i] = unit
  }
  return ascii
}

function encodeBeyondAscii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3)
  let end = 0
  for (const character of text.toWellFormed()) {
    const code = character.codePointAt(0)!
    if (code < 0x80) {
      bytes[end++] = code
    } else if (code < 0x800) {
      bytes[end++] = 0xc0 | (code >> 6)
      bytes[end++] = 0x80 | (code & 0x3f)
    } else if (code < 0x10000) {
      bytes[end++] = 0xe0 | (code >> 12)
      bytes[end++] = 0x80 | ((code >> 6) & 0x3f)
      bytes[end++] = 0x80 | (code & 0x3f)
    } else {
      bytes[end++] = 0xf0 | (code >> 18)
      bytes[end++] = 0x80 | ((code >> 12) & 0x3f)
      bytes[end++] = 0x80 | ((code >> 6) & 0x3f)
      bytes[end++] = 0x80 | (code & 0x3f)
    }
  }
  return bytes.slice(0, end)
}

/** The text of well-formed UTF-8; undefined for anything else: truncated, overlong, surrogates, beyond U+10FFFF. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  let text = ''
  let at = 0
  while (at < bytes.length) {
    const first = bytes[at++]!
    if (first < 0x80) {
      text += String.fromCharCode(first)
      continue
    }
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1
    if (first < 0xc2 || first > 0xf4 || at + more > bytes.length) return undefined
    let code = first & (0x3f >> more)
    for (const end = at + more; at < end; at++) {
      const next = bytes[at]!
      if ((next & 0xc0) !== 0x80) return undefined
      code = (code << 6) | (next & 0x3f)
    }
    const overlong = (more === 2 && code < 0x800) || (more === 3 && code < 0x10000)
    if (overlong || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined
    text += String.fromCodePoint(code)
  }
  return text
}
