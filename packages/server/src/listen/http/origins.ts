/**
 * Which web pages may connect (catalogue S106). We use no cookies and no other thing that a browser sends by itself, so a foreign
 * page has no more power than a foreign program; it is refused all the same unless the operator wants it.
 */
import type { Peer } from './peer.ts'

export class Origins {
  readonly #hosts: ReadonlySet<string>
  readonly #allowed: ReadonlySet<string>
  readonly #isOpen: boolean

  constructor(hosts: readonly string[], allowed: readonly string[]) {
    this.#hosts = new Set(hosts.map(asciiHost))
    this.#allowed = new Set(allowed)
    this.#isOpen = allowed.includes('*')
  }

  /** Programs that are no browsers say no origin. */
  allows(origin: string | undefined, peer: Peer): boolean {
    if (origin === undefined || this.#isOpen || this.#allowed.has(origin)) return true
    if (!URL.canParse(origin)) return false
    const { hostname, protocol } = new URL(origin)
    if (protocol !== 'https:' && protocol !== 'http:') return false
    if (peer.isLocal && isLocalhost(hostname)) return true
    // a page that came without TLS may have been written by anybody on the way
    return this.#hosts.has(hostname) && (protocol === 'https:' || isLocalhost(hostname))
  }

  /** What `Access-Control-Allow-Origin` says. Never with credentials. [S109] */
  header(origin: string): string {
    return this.#isOpen ? '*' : origin
  }
}

function isLocalhost(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '127.0.0.1' || hostname === '[::1]'
}

/** As URLs have it: names in other scripts in their encoded form. */
export function asciiHost(host: string): string {
  return URL.canParse(`https://${host}`) ? new URL(`https://${host}`).hostname : host
}
