/**
 * Element and attribute names off the wire: validated and decoded once (XML 1.0 fifth edition 2.3, XML Namespaces 1.0 section 3), then found
 * again by a hash of their bytes. The tables are small, shared by all parsers and overwrite on collision, so that hostile names cost
 * only the time to validate them.
 */
import { decodeRun, LITERAL } from './decode.ts'
import { wellKnown } from './well-known.ts'

/** What a name means as an attribute: */
export const PLAIN = 0
/** xml:… */
export const XML_PREFIXED = 1
export const PREFIXED = 2
/** xmlns */
export const DEFAULT_DECLARATION = 3
/** xmlns:… */
export const PREFIX_DECLARATION = 4

export class QName {
  /** As on the wire, prefix included. */
  readonly wire: string
  readonly prefix: string
  readonly local: string
  readonly kind: number
  /** The name as an attribute of `Element`, if it needs no namespace. */
  readonly attribute: string

  constructor(wire: string, prefix: string, local: string) {
    this.wire = wire
    this.prefix = prefix
    this.local = local
    this.kind = kindOf(prefix, local)
    this.attribute = wellKnown(this.kind === XML_PREFIXED ? `xml:${local}` : local)
  }
}

function kindOf(prefix: string, local: string): number {
  if (prefix === '') return local === 'xmlns' ? DEFAULT_DECLARATION : PLAIN
  if (prefix === 'xml') return XML_PREFIXED
  return prefix === 'xmlns' ? PREFIX_DECLARATION : PREFIXED
}

const tableSize = 1024
/** Fills the table; no name has a space. */
const nobody: QName = new QName(' ', '', '')
const names: QName[] = Array.from({ length: tableSize }, () => nobody)
const texts: string[] = Array.from({ length: tableSize }, () => '')

/** The name between `start` and `end`, whose bytes hash to `hash` (h * 31 + byte); undefined if it is not a qualified name. */
export function nameAt(wire: string, start: number, end: number, hash: number): QName | undefined {
  const slot = (hash ^ (hash >>> 10)) & (tableSize - 1)
  const known = names[slot]!
  if (known.wire.length === end - start && matchesAt(wire, start, known.wire)) return known
  const name = parseName(ownCopy(wire.slice(start, end)))
  if (name !== undefined) names[slot] = name
  return name
}

/** A namespace name without references or bytes >= 0x80, as a string that is shared with earlier ones where possible. */
export function sharedText(wire: string, start: number, end: number): string {
  const length = end - start
  if (length > 128 || length === 0) return wire.slice(start, end)
  const hash = (wire.charCodeAt(end - 1) * 31 + wire.charCodeAt(start + (length >> 1))) * 31 + length
  const slot = (hash + wire.charCodeAt(start + ((length * 3) >> 2)) * 7) & (tableSize - 1)
  const known = texts[slot]!
  if (known.length === length && matchesAt(wire, start, known)) return known
  const text = wellKnown(ownCopy(wire.slice(start, end)))
  texts[slot] = text
  return text
}

export function matchesAt(wire: string, start: number, expected: string): boolean {
  for (let i = 0; i < expected.length; i++) if (wire.charCodeAt(start + i) !== expected.charCodeAt(i)) return false
  return true
}

/** A slice of a chunk keeps the whole chunk alive; what stays in a table must not. */
function ownCopy(slice: string): string {
  return slice.length < 13 ? slice : ` ${slice}`.slice(1)
}

function parseName(wire: string): QName | undefined {
  const text = decodeRun(wire, 0, wire.length, LITERAL)
  if (typeof text !== 'string') return undefined
  let colon = -1
  let expectStart = true
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!
    if (code > 0xffff) i++
    if (code === 0x3a) {
      if (colon >= 0 || expectStart) return undefined
      colon = i
      expectStart = true
    } else {
      if (expectStart ? !isNameStart(code) : !isNameCharacter(code)) return undefined
      expectStart = false
    }
  }
  if (expectStart) return undefined
  if (colon < 0) return new QName(wire, '', wellKnown(text))
  return new QName(wire, text.slice(0, colon), wellKnown(text.slice(colon + 1)))
}

/** [XML 2.3 NameStartChar], without the colon. */
function isNameStart(c: number): boolean {
  if (c < 0x80) return (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || c === 0x5f
  return (
    (c >= 0xc0 && c <= 0x2ff && c !== 0xd7 && c !== 0xf7) ||
    (c >= 0x370 && c <= 0x1fff && c !== 0x37e) ||
    c === 0x200c ||
    c === 0x200d ||
    (c >= 0x2070 && c <= 0x218f) ||
    (c >= 0x2c00 && c <= 0x2fef) ||
    (c >= 0x3001 && c <= 0xd7ff) ||
    (c >= 0xf900 && c <= 0xfdcf) ||
    (c >= 0xfdf0 && c <= 0xfffd) ||
    (c >= 0x10000 && c <= 0xeffff)
  )
}

/** [XML 2.3 NameChar], without the colon. */
function isNameCharacter(c: number): boolean {
  return (
    isNameStart(c) ||
    (c >= 0x30 && c <= 0x39) ||
    c === 0x2d ||
    c === 0x2e ||
    c === 0xb7 ||
    (c >= 0x300 && c <= 0x36f) ||
    c === 0x203f ||
    c === 0x2040
  )
}
