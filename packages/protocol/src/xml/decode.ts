/**
 * Validates and decodes a run of wire bytes: strict UTF-8 (RFC 3629), legal characters (XML 1.0 2.2), references (4.1, 4.6),
 * line ends (2.11) and attribute value normalisation (3.3.3). Delimiters (<, quotes, ]]>) are the tokenizer's.
 */
import { flushUnits, pushCodePoint, unitsFull } from './wire.ts'

export const TEXT = 0
export const ATTRIBUTE = 1
/** CDATA sections, and everything else where & is only a character. */
export const LITERAL = 2

/** The decoded text, or undefined if the bytes are not UTF-8, and null if they hold an illegal character or reference. */
export function decodeRun(wire: string, start: number, end: number, kind: number): string | undefined | null {
  let out = ''
  let n = 0
  let i = start
  while (i < end) {
    if (n >= unitsFull) {
      out += flushUnits(n)
      n = 0
    }
    const c = wire.charCodeAt(i)
    let code = c
    if (c >= 0x80) {
      code = codePointAt(wire, i, end)
      if (code < 0) return undefined
      if (code === 0xfffe || code === 0xffff) return null
      i += code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    } else if (c === 0x26 && kind !== LITERAL) {
      const semicolon = referenceEnd(wire, i + 1, end)
      if (semicolon < 0) return null
      code = referenceAt(wire, i + 1, semicolon)
      if (code < 0) return null
      i = semicolon + 1
    } else {
      i++
      if (c === 13) {
        if (i < end && wire.charCodeAt(i) === 10) i++
        code = 10
      } else if (c < 0x20 && c !== 9 && c !== 10) return null
      if (kind === ATTRIBUTE && (code === 10 || code === 9)) code = 0x20
    }
    n = pushCodePoint(n, code)
  }
  return out + flushUnits(n)
}

/** The code point whose UTF-8 sequence begins at `i`, a byte >= 0x80; -1 if it is overlong, a surrogate, too large, lone or cut off. */
function codePointAt(wire: string, i: number, end: number): number {
  const a = wire.charCodeAt(i)
  if (a < 0xc2 || a > 0xf4) return -1
  const b = i + 1 < end ? wire.charCodeAt(i + 1) : 0
  if ((b & ~0x3f) !== 0x80) return -1
  if (a < 0xe0) return ((a & 0x1f) << 6) | (b & 0x3f)
  const c = i + 2 < end ? wire.charCodeAt(i + 2) : 0
  if ((c & ~0x3f) !== 0x80) return -1
  if (a < 0xf0) {
    const code = ((a & 0x0f) << 12) | ((b & 0x3f) << 6) | (c & 0x3f)
    return code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? -1 : code
  }
  const d = i + 3 < end ? wire.charCodeAt(i + 3) : 0
  if ((d & ~0x3f) !== 0x80) return -1
  const code = ((a & 0x07) << 18) | ((b & 0x3f) << 12) | ((c & 0x3f) << 6) | (d & 0x3f)
  return code < 0x10000 || code > 0x10ffff ? -1 : code
}

/** The index of the semicolon that ends a reference; only letters, digits and # may come before it. */
function referenceEnd(wire: string, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    const c = wire.charCodeAt(i)
    if (c === 0x3b) return i
    if (!isAlphanumeric(c) && c !== 0x23) return -1
  }
  return -1
}

function isAlphanumeric(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a)
}

/** The character a reference stands for; -1 for an undeclared entity or an illegal character. */
function referenceAt(wire: string, start: number, end: number): number {
  if (wire.charCodeAt(start) === 0x23) return numericReference(wire, start + 1, end)
  switch (wire.slice(start, Math.min(end, start + 5))) {
    case 'lt':
      return 0x3c
    case 'gt':
      return 0x3e
    case 'amp':
      return 0x26
    case 'quot':
      return 0x22
    case 'apos':
      return 0x27
    default:
      return -1
  }
}

function numericReference(wire: string, start: number, end: number): number {
  const hex = wire.charCodeAt(start) === 0x78
  let i = hex ? start + 1 : start
  if (i >= end) return -1
  let code = 0
  for (; i < end; i++) {
    const c = wire.charCodeAt(i)
    let digit = -1
    if (c >= 0x30 && c <= 0x39) digit = c - 0x30
    else if (hex && (c | 0x20) >= 0x61 && (c | 0x20) <= 0x66) digit = (c | 0x20) - 0x57
    if (digit < 0) return -1
    code = code * (hex ? 16 : 10) + digit
    if (code > 0x10ffff) return -1
  }
  return isXmlCharacter(code) ? code : -1
}

/** [XML 2.2] */
function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13
  return code < 0xd800 || (code > 0xdfff && code !== 0xfffe && code !== 0xffff)
}
