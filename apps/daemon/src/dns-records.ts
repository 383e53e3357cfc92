/** The DNS records that let clients find a host: printed by `init`, looked up by `check`. RFC 6120 3.2, XEP-0368. */
import { Resolver } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

export interface Ports {
  readonly c2s: number | false
  readonly tls: number | false
}

/** Zone file lines. Where no public address is known, a placeholder in angle brackets stands. */
export function recordsFor(host: string, ports: Ports, addresses: readonly string[] = publicAddresses()): string[] {
  const known = addresses.length > 0 ? addresses : ['<address of this server>']
  const lines = known.map((address) => `${host}.  3600  IN  ${isIPv6(address) ? 'AAAA' : 'A'}  ${address}`)
  if (ports.c2s !== false && ports.c2s !== 0) lines.push(srvLine(host, 'xmpp-client', ports.c2s))
  if (ports.tls !== false && ports.tls !== 0) lines.push(srvLine(host, 'xmpps-client', ports.tls))
  return lines
}

export function srvLine(host: string, service: string, port: number): string {
  return `_${service}._tcp.${host}.  3600  IN  SRV  5 0 ${port} ${host}.`
}

/** Addresses of this machine that the internet can reach, as far as the machine knows. */
export function publicAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => !internal && !isPrivate(address))
    .map(({ address }) => address)
}

/** [RFC1918], [RFC6598], link-local, unique local, loopback */
export function isPrivate(address: string): boolean {
  return isIPv6(address)
    ? /^(?:fe[89ab]|f[cd]|::1$)/i.test(address)
    : /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(
        address,
      )
}

export interface SrvTarget {
  readonly name: string
  readonly port: number
}

/** What the DNS says; `unreachable` when no name server answered, which says nothing about the records. */
export interface Lookup {
  srv(name: string): Promise<readonly SrvTarget[] | 'unreachable'>
  addresses(name: string): Promise<readonly string[] | 'unreachable'>
}

export function systemLookup(timeoutMs = 3000): Lookup {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 })
  const ask = async <T>(question: Promise<T[]>): Promise<T[] | 'unreachable'> => {
    try {
      return await question
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return code === 'ENOTFOUND' || code === 'ENODATA' ? [] : 'unreachable'
    }
  }
  return {
    srv: (name) => ask(resolver.resolveSrv(name)),
    addresses: async (name) => {
      const [four, six] = await Promise.all([ask(resolver.resolve4(name)), ask(resolver.resolve6(name))])
      if (four === 'unreachable' && six === 'unreachable') return 'unreachable'
      return [...(four === 'unreachable' ? [] : four), ...(six === 'unreachable' ? [] : six)]
    },
  }
}

/** Hosts that exist on this machine alone and need no DNS. [RFC6761 6.3] */
export function isLocalName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost')
}
