// The Bidi Rule of RFC 5893 section 2, for user names (whole) and domain labels (one by one). Free-form strings have no such rule.

import { BIDI } from './generated/tables.ts'
import { RangeTable } from './range-table.ts'

const L = 0
const R = 1
const AL = 2
const AN = 3
const EN = 4
const NSM = 10
// 5 ES, 6 CS, 7 ET, 8 ON, 9 BN: allowed in both directions [RFC5893 2]

const bidi = new RangeTable(BIDI, 11)

/** Does the string hold any right-to-left code point (R, AL or AN)? [RFC5893 1.4] */
export function hasRightToLeft(text: string): boolean {
  for (const char of text) {
    const kind = bidi.get(char.codePointAt(0)!)
    if (kind === R || kind === AL || kind === AN) return true
  }
  return false
}

/** Does the string satisfy the six conditions? Asked only of strings in the IdentifierClass. */
export function satisfiesBidiRule(text: string): boolean {
  let first = -1
  let last = -1
  let hasEN = false
  let hasAN = false
  let hasL = false
  let hasRight = false
  for (const char of text) {
    const kind = bidi.get(char.codePointAt(0)!)
    if (first < 0) first = kind
    if (kind !== NSM) last = kind
    if (kind === EN) hasEN = true
    else if (kind === AN) hasAN = true
    else if (kind === L) hasL = true
    else if (kind === R || kind === AL) hasRight = true
  }
  // Conditions 5 and 6: a left-to-right string has no R, AL, AN and ends in L or EN.
  if (first === L) return !hasRight && !hasAN && (last === L || last === EN)
  // Condition 1: it starts with L, R or AL.
  if (first !== R && first !== AL) return false
  // Conditions 2, 3 and 4: no L, ends in R, AL, EN or AN, and never EN together with AN.
  return !hasL && !(hasEN && hasAN) && (last === R || last === AL || last === EN || last === AN)
}
