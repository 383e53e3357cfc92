/**
 * Discovering Alternative Connection Methods (XEP-0156 1.4.0): reads the host-meta of a domain, as XRD or as JRD (RFC 6415). Fetching it, over
 * HTTPS alone and with a limit, is the caller's.
 */
import { Element, parseElement, toWire } from '../xml/index.ts'

const XRD_NS = 'http://docs.oasis-open.org/ns/xri/xrd-1.0'
const REL = 'urn:xmpp:alt-connections:'
/** Characters of a document; links of one kind. */
const LONGEST = 262_144
const MOST = 10

/** Where a domain may be reached, each list in the order of the document, which says nothing. [XEP-0156 2.2] */
export interface AltConnections {
  /** `wss:` alone. */
  readonly websocket: readonly string[]
  /** `https:` alone. */
  readonly bosh: readonly string[]
}

/** Undefined when the text is no host-meta. Links that are not encrypted are left out. [XEP-0156 4] */
export function readHostMeta(text: string): AltConnections | undefined {
  if (text.length > LONGEST) return undefined
  const start = text.trimStart()
  const links = start.startsWith('{') ? jsonLinks(start) : xmlLinks(start)
  return links && { websocket: pick(links, 'websocket', 'wss:'), bosh: pick(links, 'xbosh', 'https:') }
}

type Link = readonly [rel: unknown, href: unknown]

/** Without a name or a password in it, and without what no URI has unescaped. [RFC3986 2] */
const plainLink = /^([a-z]+:)\/\/[^@/?#\p{C}\p{Z}"<>\\]+(?:[/?#][^\p{C}\p{Z}"<>\\]*)?$/iu

function pick(links: readonly Link[], kind: string, scheme: string): string[] {
  const found = links.flatMap(([rel, href]) => {
    const link = rel === REL + kind && typeof href === 'string' ? href.trim() : ''
    return plainLink.exec(link)?.[1]?.toLowerCase() === scheme ? [link] : []
  })
  return [...new Set(found)].slice(0, MOST)
}

function jsonLinks(text: string): Link[] | undefined {
  try {
    const { links }: { readonly links?: unknown } = JSON.parse(text)
    if (!Array.isArray(links)) return []
    return links.map((link: { readonly rel?: unknown; readonly href?: unknown } | null) => [link?.rel, link?.href])
  } catch {
    return undefined
  }
}

function xmlLinks(text: string): Link[] | undefined {
  // XMPP knows no comments, and neither does its parser; files that people write have them
  const [first = '', ...others] = text.split('<!--')
  if (others.some((part) => !part.includes('-->'))) return undefined
  const rest = others.map((part) => part.slice(part.indexOf('-->') + 3))
  const root = parseElement(toWire(first + rest.join('')))
  if (!(root instanceof Element) || !root.is('XRD', XRD_NS)) return undefined
  return root
    .childElements()
    .flatMap((link) => (link.is('Link', XRD_NS) ? [[link.attr('rel'), link.attr('href')]] : []))
}
