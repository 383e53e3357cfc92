/** The XML declaration at the start of a document [XML 2.8], of which XMPP cares about the encoding only [RFC6120 11.5, 11.6]. */
import { XmlError } from './errors.ts'

const malformed: XmlError = new XmlError('not-well-formed', 'malformed XML declaration')
const otherEncoding: XmlError = new XmlError('unsupported-encoding', 'only UTF-8 is supported')

/** Judges the whole declaration, `<?xml` to `?>`. A standalone declaration is ignored [RFC6120 11.5]. */
export function checkDeclaration(declaration: string): XmlError | undefined {
  const parts = pseudoAttributes(declaration.slice(5, -2))
  if (parts === undefined || parts[0] !== 'version' || !isVersion1(parts[1]!)) return malformed
  let i = 2
  if (parts[i] === 'encoding') {
    if (!isEncodingName(parts[i + 1]!)) return malformed
    if (parts[i + 1]!.toUpperCase() !== 'UTF-8') return otherEncoding
    i += 2
  }
  if (parts[i] === 'standalone') {
    if (parts[i + 1] !== 'yes' && parts[i + 1] !== 'no') return malformed
    i += 2
  }
  return i === parts.length ? undefined : malformed
}

/** [name, value, …] of ` name='value' name="value"`, or undefined if it is anything else. */
function pseudoAttributes(text: string): string[] | undefined {
  const parts: string[] = []
  let i = 0
  for (;;) {
    const afterSpace = skipSpace(text, i)
    if (afterSpace === text.length) return parts
    const equals = text.indexOf('=', afterSpace)
    if (afterSpace === i || equals < 0) return undefined
    const open = skipSpace(text, equals + 1)
    const quote = text.charAt(open)
    const close = quote === "'" || quote === '"' ? text.indexOf(quote, open + 1) : -1
    if (close < 0) return undefined
    parts.push(text.slice(afterSpace, equals).trimEnd(), text.slice(open + 1, close))
    i = close + 1
  }
}

function skipSpace(text: string, start: number): number {
  let i = start
  while (i < text.length && ' \t\r\n'.includes(text.charAt(i))) i++
  return i
}

/** [XML 2.8 VersionNum]: a 1.0 processor reads every 1.x document as 1.0. */
function isVersion1(version: string): boolean {
  if (!version.startsWith('1.') || version.length < 3) return false
  for (let i = 2; i < version.length; i++) if (version[i]! < '0' || version[i]! > '9') return false
  return true
}

/** [XML 4.3.3 EncName] */
function isEncodingName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i)
    const letter = (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a
    if (!letter && (i === 0 || !((c >= 0x30 && c <= 0x39) || c === 0x2d || c === 0x2e || c === 0x5f))) return false
  }
  return name !== ''
}
