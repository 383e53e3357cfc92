// The contextual rules of RFC 5892 appendix A, which PRECIS shares (RFC 8264 4.2.2): joiners, middle dots, numeral signs and the two sets of
// Arabic digits are allowed only in certain company.

import { JOINING, SCRIPT } from './generated/tables.ts'
import { RangeTable } from './range-table.ts'

const LEFT_JOINING = 1
const DUAL_JOINING = 2
const RIGHT_JOINING = 3
const TRANSPARENT = 4
const TRANSPARENT_VIRAMA = 5
const VIRAMA = 6
const joining = new RangeTable(JOINING, 7)

const GREEK = 1
const HEBREW = 2
const JAPANESE = 3
const script = new RangeTable(SCRIPT, 4)

/** Is the CONTEXTJ or CONTEXTO code point at this index in the company it needs? False for one without a rule. */
export function satisfiesContext(text: string, index: number): boolean {
  const code = text.charCodeAt(index)
  switch (code) {
    case 0x200c:
      return followsVirama(text, index) || joins(text, index) // [RFC5892 A.1]
    case 0x200d:
      return followsVirama(text, index) // [RFC5892 A.2]
    case 0xb7:
      return text[index - 1] === 'l' && text[index + 1] === 'l' // [RFC5892 A.3]
    case 0x375:
      return index + 1 < text.length && script.get(text.codePointAt(index + 1)!) === GREEK // [RFC5892 A.4]
    case 0x5f3:
    case 0x5f4:
      return index > 0 && script.get(codePointBefore(text, index)) === HEBREW // [RFC5892 A.5] [RFC5892 A.6]
    case 0x30fb:
      return hasJapanese(text) // [RFC5892 A.7]
  }
  if (code >= 0x660 && code <= 0x669) return !hasBetween(text, 0x6f0, 0x6f9) // [RFC5892 A.8]
  if (code >= 0x6f0 && code <= 0x6f9) return !hasBetween(text, 0x660, 0x669) // [RFC5892 A.9]
  return false
}

function followsVirama(text: string, index: number): boolean {
  if (index === 0) return false
  const type = joining.get(codePointBefore(text, index))
  return type === TRANSPARENT_VIRAMA || type === VIRAMA
}

/** Between a letter that joins to its left and one that joins to its right, marks aside. A joiner is no mark, so runs are walked once. */
function joins(text: string, index: number): boolean {
  let at = index
  let type = TRANSPARENT
  while (at > 0 && isTransparent(type)) {
    const before = codePointBefore(text, at)
    at -= before > 0xffff ? 2 : 1
    type = joining.get(before)
  }
  if (type !== LEFT_JOINING && type !== DUAL_JOINING) return false
  at = index + 1
  type = TRANSPARENT
  while (at < text.length && isTransparent(type)) {
    const after = text.codePointAt(at)!
    at += after > 0xffff ? 2 : 1
    type = joining.get(after)
  }
  return type === RIGHT_JOINING || type === DUAL_JOINING
}

function isTransparent(type: number): boolean {
  return type === TRANSPARENT || type === TRANSPARENT_VIRAMA
}

function codePointBefore(text: string, index: number): number {
  const code = text.charCodeAt(index - 1)
  return code >= 0xdc00 && code <= 0xdfff && index >= 2 ? text.codePointAt(index - 2)! : code
}

function hasJapanese(text: string): boolean {
  for (const char of text) if (script.get(char.codePointAt(0)!) === JAPANESE) return true
  return false
}

function hasBetween(text: string, from: number, to: number): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code >= from && code <= to) return true
  }
  return false
}
