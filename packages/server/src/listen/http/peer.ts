/** Who is at the other end of an HTTP request, and how safely: past proxies that are trusted, and no others. Catalogue S107. */
import type { IncomingHttpHeaders } from 'node:http'
import type { TlsState } from '../../transport.ts'
import { isLoopback, type Proxies } from './proxies.ts'

export interface Peer {
  /** Where the client is. */
  readonly address: string
  /** Undefined where what it sends can be read on the way. */
  readonly tls: TlsState | undefined
  /** The client is a program on this machine. */
  readonly isLocal: boolean
  /** A proxy in front of us speaks TLS with it. */
  readonly isProxied: boolean
}

/** TLS that ends in front of us: there is nothing of it to bind a login to. */
const proxied: TlsState = { version: 'proxy', channelBindings: [], peerAddresses: [] }

/**
 * A client on this machine, without TLS: its bytes do not leave the machine, and whoever could read them there could read our
 * memory, too. So it may log in as if there were TLS.
 */
const local: TlsState = { version: 'local', channelBindings: [], peerAddresses: [] }

/** The same, for a client that cannot know the channel: it shall not be offered to bind a login to it. */
export function withoutBindings(tls: TlsState | undefined): TlsState | undefined {
  return tls === undefined ? undefined : { version: tls.version, channelBindings: [], peerAddresses: [] }
}

/** What proxies write. A request that has one of them did not begin where the socket does. */
const forwarding = ['x-forwarded-for', 'x-forwarded-proto', 'forwarded', 'x-real-ip', 'via'] as const

/** `socketTls`: of the socket itself, which may be that of a proxy. */
export function peerOf(
  socketAddress: string,
  socketTls: TlsState | undefined,
  headers: IncomingHttpHeaders,
  proxies: Proxies,
): Peer {
  const isForwarded = forwarding.some((name) => headers[name] !== undefined)
  if (!isForwarded) {
    const isLocal = isLoopback(socketAddress)
    return { address: socketAddress, tls: socketTls ?? (isLocal ? local : undefined), isLocal, isProxied: false }
  }
  if (!proxies.trusts(socketAddress))
    return { address: socketAddress, tls: socketTls, isLocal: false, isProxied: false }
  // each proxy on the way adds what it saw: one that saw no TLS is enough
  const schemes = text(headers['x-forwarded-proto'])?.split(',') ?? []
  const isSecure = schemes.length > 0 && schemes.every((scheme) => scheme.trim().toLowerCase() === 'https')
  const address = proxies.origin(socketAddress, text(headers['x-forwarded-for']))
  return { address, tls: isSecure ? proxied : undefined, isLocal: false, isProxied: isSecure }
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value
}
