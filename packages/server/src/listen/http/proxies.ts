/** Which proxies are believed, and where a request that came through them began. Pure. */
import { BlockList, isIP } from 'node:net'
import { parseNetwork } from '../../config/http.ts'

export class Proxies {
  readonly #trusted = new BlockList()

  constructor(networks: readonly string[]) {
    for (const text of networks) {
      const network = parseNetwork(text)
      if (network !== undefined) this.#trusted.addSubnet(network.address, network.prefix, network.family)
    }
  }

  trusts(address: string): boolean {
    return check(this.#trusted, address)
  }

  /** The rightmost hop that is no proxy of ours; what stands left of it anybody may have written. [S107] */
  origin(peer: string, forwardedFor: string | undefined): string {
    let address = peer
    const hops = (forwardedFor ?? '').split(',')
    while (this.trusts(address)) {
      const hop = bare(hops.pop()?.trim() ?? '')
      if (isIP(hop) === 0) break
      address = hop
    }
    return address
  }
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

export function isLoopback(address: string): boolean {
  return check(loopback, address)
}

function check(list: BlockList, given: string): boolean {
  const zone = given.indexOf('%') // of a link-local address
  const address = zone < 0 ? given : given.slice(0, zone)
  const version = isIP(address)
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
}

/** Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function bare(hop: string): string {
  if (hop.startsWith('[')) return hop.slice(1, Math.max(1, hop.indexOf(']')))
  const colon = hop.indexOf(':')
  return colon >= 0 && colon === hop.lastIndexOf(':') ? hop.slice(0, colon) : hop
}
