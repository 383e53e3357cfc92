/**
 * Preparing the domainpart in bundles for browsers: what makes two spellings one address (case, width, NFC, the dot at the end), lengths and
 * characters. Whether labels obey IDNA2008 is left to the server; A-labels and IPv6 literals stay as they are. Elsewhere it is `domain.ts`.
 */
import { isIdentifier } from '#unicode'
import { lowerCase, MAX_UNITS, mapWidth } from '../precis/profiles.ts'

export function prepareDomain(text: string): string | undefined {
  if (text.length > MAX_UNITS) return undefined
  const name = text.endsWith('.') ? text.slice(0, -1) : text // [RFC7622 3.2]
  if (/^\[[\da-f:.]{2,45}(?:%25[\w.~-]{1,60})?\]$/i.test(name))
    return name.replace(/^[^%]*/, (address) => address.toLowerCase())
  const domain = lowerCase(mapWidth(name)).replaceAll('\u3002', '.').normalize('NFC') // [RFC5895 2]
  return [...domain].length <= 253 && domain.split('.').every(isLabel) ? domain : undefined // [RFC1034 3.1]
}

/** Lengths, hyphens at the ends, and of ASCII only letters, digits and hyphens. [RFC5890 2.3.1] */
function isLabel(label: string): boolean {
  return /^(?!-)[a-z\d\x80-\u{10ffff}-]{1,63}$/u.test(label) && !label.endsWith('-') && isIdentifier(label)
}
