/** How strings count and sort in every driver; so that drivers agree to the byte. */

const ONE_BYTE_CHARS = /^[\0-\xff]*$/

/** Bytes a string takes: a wire string (no char above 255) one per char, other text its UTF-8. */
export function storedBytes(value: string): number {
  return ONE_BYTE_CHARS.test(value) ? value.length : Buffer.byteLength(value, 'utf8')
}

/** Code point order, the order of UTF-8 bytes; differs from `<` where characters outside the BMP are involved. */
export function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  for (let i = 0; i < shorter; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const xIsSurrogate = x >= 0xd800 && x <= 0xdfff
    const yIsSurrogate = y >= 0xd800 && y <= 0xdfff
    return xIsSurrogate === yIsSurrogate ? x - y : xIsSurrogate ? 1 : -1
  }
  return a.length - b.length
}
