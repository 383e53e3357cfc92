/** Do clients find the hosts? SRV records for both ports, and the addresses they lead to. RFC 6120 3.2, XEP-0368 3. */
import type { DaemonConfig } from '../config/schema.ts'
import { isLocalName, type Lookup, publicAddresses, recordsFor, srvLine, systemLookup } from '../dns-records.ts'
import type { Finding } from './finding.ts'

export async function checkDns(config: DaemonConfig, lookup: Lookup = systemLookup()): Promise<Finding[]> {
  const findings = config.hosts.map((host) => checkHost(host, config, lookup))
  return (await Promise.all(findings)).flat()
}

async function checkHost(host: string, { listen }: DaemonConfig, lookup: Lookup): Promise<Finding[]> {
  if (isLocalName(host)) return [{ area: 'dns', level: 'ok', text: `${host} needs no DNS records.` }]
  const findings: Finding[] = []
  let leads = 0
  for (const [service, port] of [
    ['xmpp-client', listen.c2s],
    ['xmpps-client', listen.tls],
  ] as const) {
    if (port === false || port === 0) continue
    const found = await lookup.srv(`_${service}._tcp.${host}`)
    if (found === 'unreachable')
      return [
        {
          area: 'dns',
          level: 'warning',
          text: `${host}: no name server answered, so its records could not be checked.`,
          fix: 'Run this again from a machine with a working DNS.',
        },
      ]
    if (found.length === 0) {
      findings.push(missing(host, service, port))
      continue
    }
    const targets = found.filter((target) => target.name !== '' && target.name !== '.')
    const right = targets.filter((target) => target.port === port)
    if (right.length === 0)
      findings.push({
        area: 'dns',
        level: 'warning',
        text: `${host}: the SRV record of _${service} leads to port ${found.map((target) => target.port).join(', ')}, the server listens on ${port}.`,
        fix: `Change it to: ${srvLine(host, service, port)}`,
      })
    for (const target of right) {
      leads++
      findings.push(await checkTarget(host, target.name, lookup))
    }
  }
  if (leads === 0) findings.push(await checkTarget(host, host, lookup))
  const seen = new Set<string>()
  return findings.filter(({ text }) => !seen.has(text) && seen.add(text))
}

function missing(host: string, service: string, port: number): Finding {
  // without SRV, clients try the host itself on port 5222 [RFC6120 3.2.2]
  const isNeeded = service === 'xmpp-client' && port !== 5222
  return {
    area: 'dns',
    level: isNeeded ? 'error' : 'warning',
    text: `${host} has no SRV record for _${service}${isNeeded ? `, so clients will try port 5222 instead of ${port}` : ''}.`,
    fix: `Add: ${srvLine(host, service, port)}`,
  }
}

async function checkTarget(host: string, name: string, lookup: Lookup): Promise<Finding> {
  const addresses = await lookup.addresses(name)
  if (addresses === 'unreachable')
    return {
      area: 'dns',
      level: 'warning',
      text: `${host}: the address of ${name} could not be looked up.`,
      fix: 'Run this again later.',
    }
  if (addresses.length === 0)
    return {
      area: 'dns',
      level: 'error',
      text: `${host}: ${name} has no address, so nobody can connect.`,
      fix: `Add: ${recordsFor(name, { c2s: false, tls: false }).join(' and ')}`,
    }
  const own = publicAddresses()
  if (own.length > 0 && !addresses.some((address) => own.includes(address)))
    return {
      area: 'dns',
      level: 'warning',
      text: `${host}: ${name} has the address ${addresses.join(', ')}, this machine has ${own.join(', ')}.`,
      fix: 'Correct the record, unless something in front of this machine forwards the ports.',
    }
  return { area: 'dns', level: 'ok', text: `${host}: ${name} has the address ${addresses.join(', ')}.` }
}
