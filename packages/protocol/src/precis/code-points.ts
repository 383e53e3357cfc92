// What a code point may be used for: the derived property of PRECIS (RFC 8264 sections 8 and 9) and of IDNA (RFC 5892), from the generated
// table, and the check of a whole string against a string class. Mapping and normalisation belong to the profiles.

import { satisfiesContext } from './context.ts'
import { DERIVED } from './generated/tables.ts'
import { RangeTable } from './range-table.ts'

const PVALID = 1
const PVALID_MARK = 2
const PVALID_NOT_IN_DOMAINS = 3
const FREE_PVAL = 4
const CONTEXTJ = 5
const CONTEXTO = 6
const SPACE = 7

const derived = new RangeTable(DERIVED, 8)

/** Does the string consist only of what the IdentifierClass allows? [RFC8264 4.2] */
export function isIdentifier(text: string): boolean {
  return everyCodePoint(text, (property) => property >= PVALID && property <= PVALID_NOT_IN_DOMAINS)
}

/** Does the string consist only of what the FreeformClass allows? [RFC8264 4.3] */
export function isFreeform(text: string): boolean {
  return everyCodePoint(text, (property) => (property >= PVALID && property <= FREE_PVAL) || property === SPACE)
}

/** Does the label consist only of what IDNA2008 allows in a U-label, and start with no combining mark? [RFC5891 4.2.3] */
export function isIdnaLabel(label: string): boolean {
  if (derived.get(label.codePointAt(0) ?? 0) === PVALID_MARK) return false // [RFC5891 4.2.3.2]
  return everyCodePoint(label, (property) => property === PVALID || property === PVALID_MARK)
}

/** May this code point stand in a U-label as it is, without any mapping? */
export function isIdnaValid(codePoint: number): boolean {
  const property = derived.get(codePoint)
  return property === PVALID || property === PVALID_MARK
}

function everyCodePoint(text: string, allowed: (property: number) => boolean): boolean {
  for (let index = 0; index < text.length; index++) {
    const codePoint = text.codePointAt(index)!
    const property = derived.get(codePoint)
    if (property === CONTEXTJ || property === CONTEXTO) {
      if (!satisfiesContext(text, index)) return false
    } else if (!allowed(property)) return false
    if (codePoint > 0xffff) index++
  }
  return true
}
