// JID Escaping (XEP-0106 1.1.1): writing characters a localpart may not hold, for gateways and for showing addresses to people. Comparing and
// routing always use the escaped form.

const ESCAPES: ReadonlyMap<string, string> = new Map([
  [' ', '\\20'],
  ['"', '\\22'],
  ['&', '\\26'],
  ["'", '\\27'],
  ['/', '\\2f'],
  [':', '\\3a'],
  ['<', '\\3c'],
  ['>', '\\3e'],
  ['@', '\\40'],
  ['\\', '\\5c'],
])
const UNESCAPES: ReadonlyMap<string, string> = new Map([...ESCAPES].map(([char, sequence]) => [sequence, char]))

/** The localpart for a name of another network; undefined if it starts or ends with a space. [XEP-0106 4.1] */
export function escapeLocal(text: string): string | undefined {
  if (text.startsWith(' ') || text.endsWith(' ')) return undefined
  let escaped = ''
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index)
    // A backslash is escaped only where it would be read as the start of an escape.
    const literal = char === '\\' && !UNESCAPES.has(text.slice(index, index + 3))
    escaped += literal ? char : (ESCAPES.get(char) ?? char)
  }
  return escaped
}

/** The name behind an escaped localpart; anything that is not one of the ten sequences stays as it is. [XEP-0106 4.2] */
export function unescapeLocal(local: string): string {
  let text = ''
  let kept = 0
  let index = local.indexOf('\\')
  while (index >= 0) {
    const sequence = local.slice(index, index + 3)
    // A space cannot have stood at the ends. [XEP-0106 4.2]
    const atEnd = sequence === '\\20' && (index === 0 || index + 3 === local.length)
    const char = atEnd ? undefined : UNESCAPES.get(sequence)
    if (char !== undefined) {
      text += local.slice(kept, index) + char
      kept = index + 3
    }
    index = local.indexOf('\\', char === undefined ? index + 1 : kept)
  }
  return text + local.slice(kept)
}
