/**
 * Which links from the wire may be shown as links: those that lead to the web, to a person or to a phone, and that look like what they are.
 * Everything else is text. No specification of its own; nothing is fetched or resolved here.
 */
import type { Text } from '../codec/index.ts'

const longest = 4096
/** Space, controls, invisible characters that turn or hide others, and what no URI has unescaped. [RFC3986 2] */
const strange = /[\p{C}\p{Z}"<>\\]/u

/**
 * The link without space around it; undefined when it is of no such scheme (`javascript:`, `data:`, `file:`…), pretends to be
 * another one (`https://bank.example@evil.example/`), or is longer than 4096 characters. Never a relative one.
 */
export function safeLink(text: string, schemes: readonly string[] = linkSchemes): string | undefined {
  const link = text.trim()
  if (link.length > longest || strange.test(link)) return undefined
  const colon = link.indexOf(':')
  const scheme = link.slice(0, Math.max(colon, 0)).toLowerCase()
  if (!schemes.includes(scheme)) return undefined
  if (!scheme.startsWith('http') && !scheme.startsWith('ws')) return link
  // browsers forgive a missing or a third slash, and so would mean something else
  if (!link.startsWith('//', colon + 1)) return undefined
  const authority = link.slice(colon + 3).split(/[/?#]/, 1)[0]!
  return authority === '' || authority.includes('@') ? undefined : link
}

export const webSchemes: readonly string[] = ['https', 'http']
export const linkSchemes: readonly string[] = ['https', 'http', 'mailto', 'xmpp', 'tel']

export const link: Text<string> = linkOf(linkSchemes)
/** What HTTP can fetch. */
export const webLink: Text<string> = linkOf(webSchemes)

/* @__NO_SIDE_EFFECTS__ */
export function linkOf(schemes: readonly string[]): Text<string> {
  return {
    expected: `a ${schemes.join(', ')} link`,
    decode: (text) => safeLink(text, schemes),
    encode: (value) => value,
  }
}
