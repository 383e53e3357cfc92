// Preparing the domainpart: host names in their U-label form (RFC 7622 3.2, IDNA2008 by RFC 5890–5893, mappings of RFC 5895), IPv4 addresses and
// IPv6 literals. No name is looked up here.

import { encodeUtf8 } from '#utf8'
import { hasRightToLeft, satisfiesBidiRule } from '../precis/bidi.ts'
import { isIdnaLabel, isIdnaValid } from '../precis/code-points.ts'
import { lowerCase, MAX_BYTES, MAX_UNITS, mapWidth } from '../precis/profiles.ts'
import { prepareIpLiteral } from './ip-literal.ts'
import { decodePunycode, encodePunycode } from './punycode.ts'

const MAX_LABEL = 63 // [RFC1034 3.1]
const MAX_NAME = 253 // [RFC1034 3.1] 255 octets on the wire
const ACE_PREFIX = 'xn--'

export function prepareDomain(text: string): string | undefined {
  if (text.length > MAX_UNITS) return undefined
  const name = text.endsWith('.') ? text.slice(0, -1) : text // [RFC7622 3.2]
  if (isPlainHostname(name)) return name
  if (name.startsWith('[')) return prepareIpLiteral(name)
  const labels: string[] = []
  let octets = -1
  for (const label of mapDomain(name).split('.')) {
    const prepared = prepareLabel(label)
    if (prepared === undefined) return undefined
    octets += 1 + asciiLength(prepared)
    if (octets > MAX_NAME) return undefined
    labels.push(prepared)
  }
  // One right-to-left label makes the rule apply to every label. [RFC5893 2]
  if (labels.some(hasRightToLeft) && !labels.every(satisfiesBidiRule)) return undefined
  const domain = labels.join('.')
  return encodeUtf8(domain).length <= MAX_BYTES ? domain : undefined
}

/** Lower-case letters, digits, hyphens and dots that need no preparation: the usual case, with no allocation. */
function isPlainHostname(name: string): boolean {
  if (name.length > MAX_NAME) return false
  let start = 0
  for (let index = 0; index <= name.length; index++) {
    const code = index === name.length ? 0x2e : name.charCodeAt(index)
    if (code === 0x2e) {
      if (!isPlainLabel(name, start, index)) return false
      start = index + 1
    } else if ((code < 0x61 || code > 0x7a) && (code < 0x30 || code > 0x39) && code !== 0x2d) return false
  }
  return true
}

/** Length and hyphens of an NR-LDH label: none at the ends, none in third and fourth place. [RFC5890 2.3.1] */
function isPlainLabel(text: string, start: number, end: number): boolean {
  if (end === start || end - start > MAX_LABEL) return false
  if (text.charCodeAt(start) === 0x2d || text.charCodeAt(end - 1) === 0x2d) return false
  return end - start < 4 || text.charCodeAt(start + 2) !== 0x2d || text.charCodeAt(start + 3) !== 0x2d
}

/** Width, full stops, case and NFC. [RFC5895 2] */
function mapDomain(name: string): string {
  let mapped = ''
  for (const char of mapWidth(name)) mapped += mapCharacter(char)
  return mapped.normalize('NFC')
}

function mapCharacter(char: string): string {
  if (char === '\u3002') return '.'
  if (isIdnaValid(char.codePointAt(0)!)) return char
  const lower = lowerCase(char)
  if (lower !== char) return lower
  // Cherokee is the one script whose capitals are its stable form.
  const upper = char.toUpperCase()
  return char >= '\u13f8' && upper.length === 1 && isIdnaValid(upper.charCodeAt(0)) ? upper : char
}

function prepareLabel(label: string): string | undefined {
  if (label.startsWith(ACE_PREFIX)) return fromALabel(label)
  if (isAscii(label)) return isPlainHostname(label) ? label : undefined
  return isULabel(label) ? label : undefined
}

/** Every A-label becomes a U-label, and only one that comes back the same is an A-label. [RFC7622 3.2.1] [RFC5890 2.3.2.1] */
function fromALabel(label: string): string | undefined {
  if (label.length > MAX_LABEL) return undefined
  const encoded = label.slice(ACE_PREFIX.length)
  const decoded = decodePunycode(encoded)
  if (decoded === undefined || isAscii(decoded)) return undefined
  if (mapDomain(decoded) !== decoded || !isULabel(decoded)) return undefined
  return encodePunycode(decoded) === encoded ? decoded : undefined
}

/** [RFC5891 4.2.3] */
function isULabel(label: string): boolean {
  if (label.length > 2 * MAX_LABEL || label.startsWith('-') || label.endsWith('-')) return false
  if (label.startsWith('--', 2)) return false // [RFC5891 4.2.3.1]
  return isIdnaLabel(label) && asciiLength(label) <= MAX_LABEL
}

function asciiLength(label: string): number {
  if (isAscii(label)) return label.length
  const encoded = encodePunycode(label)
  return encoded === undefined ? MAX_NAME : ACE_PREFIX.length + encoded.length
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) >= 0x80) return false
  return true
}
