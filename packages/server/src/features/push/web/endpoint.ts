/** Whether this server posts to an address that a client gave it: https, and nobody's inner network. RFC 8030 section 8, S104. Pure. */
import { isIP } from 'node:net'
import { isPublicAddress } from './addresses.ts'

export const longestEndpoint = 2048

/** The address to post to, undefined when it is none that may be posted to. `allowed`: origins that need no reason. */
export function endpointOf(text: string, allowed: readonly string[]): URL | undefined {
  if (text.length > longestEndpoint || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return undefined
  if (allowed.includes(url.origin)) return url
  if (url.protocol !== 'https:') return undefined
  const host = bareHost(url)
  if (isIP(host) !== 0) return isPublicAddress(host) ? url : undefined
  // a name of the inner network has no dot, or one of these ends [RFC6761 6, RFC6762 3, RFC8375 4]
  return host.includes('.') && !inner.some((end) => host.endsWith(end)) ? url : undefined
}

const inner = ['.localhost', '.local', '.internal', '.home.arpa', '.invalid', '.test', '.onion']

/** Without the brackets of an IPv6 literal, and the dot at the end of a name. */
function bareHost({ hostname }: URL): string {
  if (hostname.startsWith('[')) return hostname.slice(1, -1)
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname
}
