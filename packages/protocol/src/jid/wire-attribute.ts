// Text as it stands between the quotes of an attribute on the wire: escaped, and each char one byte of UTF-8. For prepared addresses, which hold
// no control characters and no lone surrogates; the writer for any text is in xml/.

export function toWireAttribute(text: string): string {
  let wire = ''
  let kept = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const replaced = code < 0x80 ? escapeOf(code) : encode(text.codePointAt(index)!)
    if (replaced === undefined) continue
    wire += text.slice(kept, index) + replaced
    if (code >= 0xd800 && code <= 0xdbff) index++
    kept = index + 1
  }
  return kept === 0 ? text : wire + text.slice(kept)
}

function escapeOf(code: number): string | undefined {
  switch (code) {
    case 0x22:
      return '&quot;'
    case 0x26:
      return '&amp;'
    case 0x27:
      return '&apos;'
    case 0x3c:
      return '&lt;'
    case 0x3e:
      return '&gt;'
    default:
      return undefined
  }
}

function encode(codePoint: number): string {
  const last = 0x80 | (codePoint & 0x3f)
  if (codePoint < 0x800) return String.fromCharCode(0xc0 | (codePoint >> 6), last)
  const third = 0x80 | ((codePoint >> 6) & 0x3f)
  if (codePoint < 0x10000) return String.fromCharCode(0xe0 | (codePoint >> 12), third, last)
  return String.fromCharCode(0xf0 | (codePoint >> 18), 0x80 | ((codePoint >> 12) & 0x3f), third, last)
}
