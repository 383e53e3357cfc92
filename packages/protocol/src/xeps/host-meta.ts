/**
 * Discovering Alternative Connection Methods (XEP-0156 1.4.0): reads the host-meta of a domain, as XRD or as JRD (RFC 6415). Fetching it, over
 * HTTPS alone and with a limit, is the caller's.
 */
import { Element, parseElement, toWire } from '../xml/index.ts'

const XRD_NS = 'http://docs.oasis-open.org/ns/xri/xrd-1.0'
/** Links of one kind. */
const MOST = 10

/** `wss:` URLs, in the order of the document, which says nothing [XEP-0156 2.2]; none where the text is no host-meta. */
export function webSocketLinks(text: string): string[] {
  return linksTo('websocket', 'wss:', text)
}

/** `https:` URLs of BOSH, likewise. */
export function boshLinks(text: string): string[] {
  return linksTo('xbosh', 'https:', text)
}

/** With a host, without a name or a password before it, and without what no URI has unescaped. [RFC3986 2] */
const plainLink = /^([a-z]+:)\/\/(?![/?#]|[^/?#]*@)[^\p{C}\p{Z}"<>\\]+$/iu

/** Those that are not encrypted are left out. [XEP-0156 4] */
function linksTo(kind: string, scheme: string, text: string): string[] {
  const start = text.trimStart()
  const found = (start.startsWith('{') ? jsonLinks(start) : xmlLinks(start)).flatMap(([rel, href]) => {
    const link = rel === `urn:xmpp:alt-connections:${kind}` && typeof href === 'string' ? href.trim() : ''
    return plainLink.exec(link)?.[1]?.toLowerCase() === scheme ? [link] : []
  })
  return [...new Set(found)].slice(0, MOST)
}

type Link = readonly [rel: unknown, href: unknown]

function jsonLinks(text: string): Link[] {
  try {
    const { links }: { readonly links: readonly ({ readonly rel?: unknown; readonly href?: unknown } | null)[] } =
      JSON.parse(text)
    return links.map((link) => [link?.rel, link?.href])
  } catch {
    return [] // no JSON, or no list in it
  }
}

function xmlLinks(text: string): Link[] {
  // XMPP knows no comments, and neither does its parser; files that people write have them
  const root = parseElement(toWire(text.replaceAll(/<!--.*?(?:-->|$)/gs, '')))
  if (!(root instanceof Element) || !root.is('XRD', XRD_NS)) return []
  return root
    .childElements()
    .flatMap((link) => (link.is('Link', XRD_NS) ? [[link.attr('rel'), link.attr('href')]] : []))
}
