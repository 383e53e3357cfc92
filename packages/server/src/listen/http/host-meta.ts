/** The two documents of RFC 6415 by which clients find WebSocket and BOSH: XRD and JRD (XEP-0156 1.4, XEP-0487 0.1). Pure. */
import { escapeAttribute } from '@rookery/protocol/xml'

export interface Link {
  readonly rel: 'websocket' | 'xbosh' | 'tls'
  /** Of a connection that has a URL; one over TCP has a port. */
  readonly href?: string
  readonly port?: number
}

/** What XEP-0487 wants to know beside the URLs. */
export interface Delegation {
  readonly ttl: number
  readonly keyPins: readonly string[]
  readonly addresses: readonly string[]
  /** Name to send in TLS. */
  readonly sni: string
}

const relation = (rel: Link['rel']): string => `urn:xmpp:alt-connections:${rel}`

/** [XEP-0156 2.3] Links without a URL are for those who read the other one. */
export function xrd(links: readonly Link[]): string {
  const lines = links.flatMap(({ rel, href }) =>
    href === undefined ? [] : [`  <Link rel="${relation(rel)}" href="${escapeAttribute(href)}"/>\n`],
  )
  return `<?xml version="1.0" encoding="utf-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n${lines.join('')}</XRD>\n`
}

/** With `delegation` clients need to look nothing else up. [XEP-0487 2.1] */
export function jrd(links: readonly Link[], delegation?: Delegation): string {
  if (delegation === undefined)
    return toText({
      links: links.flatMap(({ rel, href }) => (href === undefined ? [] : [{ rel: relation(rel), href }])),
    })
  const { ttl, keyPins, addresses, sni } = delegation
  const xmpp = keyPins.length === 0 ? { ttl } : { ttl, 'public-key-pins-sha-256': keyPins }
  return toText({
    xmpp,
    links: links.map(({ rel, ...where }, index) => ({
      rel: relation(rel),
      ...where,
      ips: addresses,
      priority: (index + 1) * 10,
      weight: 50,
      sni,
    })),
  })
}

function toText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
