/**
 * Element and attribute names off the wire: validated and decoded once (XML 1.0 section 2.3, XML Namespaces 1.0 section 3), then found
 * again by a hash of their bytes. The tables are small, shared by all parsers and overwrite on collision, so that hostile names cost
 * only the time to validate them.
 */
import { decodeRun, LITERAL } from './decode.ts'
import { isNameCharacter, isNameStart } from './name-characters.ts'
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
