/** Answers /.well-known/host-meta and host-meta.json (XEP-0156, XEP-0487): where clients of the asked host find WebSocket and BOSH. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServerConfig } from '../../config/schema.ts'
import type { Endpoint } from '../listeners.ts'
import { type Delegation, jrd, type Link, xrd } from './host-meta.ts'
import { asciiHost } from './origins.ts'
import type { Peer } from './peer.ts'
import { reply } from './reply.ts'

const xrdPath = '/.well-known/host-meta'
const jrdPath = '/.well-known/host-meta.json'

/** Anybody may read it, and nothing in it depends on who asks. [XEP-0156 3] */
const cors = { 'Access-Control-Allow-Origin': '*' } as const

export class Discovery {
  readonly #config: ServerConfig
  readonly #endpoints: () => readonly Endpoint[]

  constructor(config: ServerConfig, endpoints: () => readonly Endpoint[]) {
    this.#config = config
    this.#endpoints = endpoints
  }

  answers(path: string): boolean {
    return path === xrdPath || path === jrdPath
  }

  answer(request: IncomingMessage, response: ServerResponse, path: string, peer: Peer): void {
    if (request.method === 'OPTIONS')
      return reply(response, 204, '', { ...cors, 'Access-Control-Allow-Methods': 'GET, HEAD' })
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return reply(response, 405, 'Ask with GET.', { Allow: 'GET, HEAD, OPTIONS', Connection: 'close' })
    const base = this.#base(request, peer)
    if (base === undefined) return reply(response, 404, 'Nothing can be reached over TLS here.', cors)
    const links = this.#links(base)
    // the pages at the URLs may change with the configuration, not with each visitor
    const headers = { ...cors, 'Cache-Control': 'max-age=300', Vary: 'Host, X-Forwarded-Proto' }
    if (path === jrdPath) return reply(response, 200, jrd(links, this.#delegation(base)), headers, 'application/json')
    return reply(response, 200, xrd(links), headers, 'application/xrd+xml; charset=utf-8')
  }

  /**
   * Where the paths are found, e.g. `https://example.org`. Never without TLS [XEP-0156 2.2], unless the client is on this machine.
   * Hosts that are not ours do not get into it, whatever the request says.
   */
  #base(request: IncomingMessage, peer: Peer): string | undefined {
    const { http } = this.#config
    const hosts = this.#config.hosts.map(asciiHost)
    if (http.url !== undefined) return http.url
    const asked = URL.canParse(`https://${request.headers.host}`)
      ? new URL(`https://${request.headers.host}`)
      : undefined
    const isOurs = asked !== undefined && hosts.includes(asked.hostname)
    if (peer.isProxied && isOurs) return `https://${asked.host}`
    if (peer.isLocal && peer.tls?.version === 'local')
      return `http://${isOurs ? request.headers.host : `localhost:${this.#port('http')}`}`
    const port = this.#port('https')
    if (port === undefined) return undefined
    return `https://${isOurs ? asked.hostname : hosts[0]}${port === 443 ? '' : `:${port}`}`
  }

  #port(kind: Endpoint['kind']): number | undefined {
    return this.#endpoints().find((endpoint) => endpoint.kind === kind)?.port
  }

  #links(base: string): Link[] {
    const { websocketPath, boshPath, discoveryAddresses } = this.#config.http
    const links: Link[] = []
    if (websocketPath !== false) links.push({ rel: 'websocket', href: `ws${base.slice(4)}${websocketPath}` })
    if (boshPath !== false) links.push({ rel: 'xbosh', href: `${base}${boshPath}` })
    const tls = this.#port('tls')
    if (discoveryAddresses.length > 0 && tls !== undefined) links.unshift({ rel: 'tls', port: tls }) // [XEP-0487 2.1]
    return links
  }

  #delegation(base: string): Delegation | undefined {
    const { discoveryAddresses: addresses, discoveryTtl: ttl, discoveryKeyPins: keyPins } = this.#config.http
    return addresses.length === 0 ? undefined : { addresses, ttl, keyPins, sni: new URL(base).hostname }
  }
}
