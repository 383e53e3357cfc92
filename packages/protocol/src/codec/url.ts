/** URLs that a program fetches or opens: of the schemes named and no others. Not a parser of URLs, and no word on whom the host belongs to. */
import type { Text } from './text.ts'

/**
 * A URL of one of these schemes (lower case, without colon) in the characters of RFC 3986, with a host, and without name or password:
 * `url('https')` is what may be given to `fetch`.
 */
export function url(...schemes: readonly string[]): Text<string> {
  return {
    expected: `a URL of ${schemes.join(' or ')}`,
    decode: (text) => (isUrl(text, schemes) ? text : undefined),
    encode: (value) => value,
  }
}

function isUrl(text: string, schemes: readonly string[]): boolean {
  const colon = text.indexOf('://')
  if (colon < 1 || !schemes.includes(text.slice(0, colon).toLowerCase())) return false
  const start = colon + 3
  let end = -1 // of the authority
  for (let at = start; at < text.length; at++) {
    const char = text[at]!
    if (char <= ' ' || char > '~' || char === '\\' || char === '"' || char === '<' || char === '>') return false
    if (end === -1 && (char === '/' || char === '?' || char === '#')) end = at
    if (end === -1 && char === '@') return false
  }
  return (end === -1 ? text.length : end) > start
}
