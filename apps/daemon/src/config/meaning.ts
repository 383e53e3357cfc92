/** What a schema cannot say: settings that are right by themselves and wrong together. Part of loading; nothing is opened here. */
import { parseJid } from '@rookery/protocol/jid'
import { name, type Problem, show } from './problems.ts'
import type { DaemonConfig } from './schema.ts'
import { suggest } from './suggest.ts'

/** Checks, and brings the names of hosts into their one canonical form. */
export function checkMeaning(config: DaemonConfig): { config: DaemonConfig; problems: Problem[] } {
  const problems: Problem[] = []
  const add = (path: readonly PropertyKey[], text: string, isKey = false): void => {
    problems.push({ path, isKey, text })
  }
  const hosts: string[] = []
  config.hosts.forEach((given, index) => {
    const domain = canonical(given)
    if (domain === undefined) add(['hosts', index], `hosts: ${show(given)} is not a domain.`)
    else if (hosts.includes(domain)) add(['hosts', index], `hosts: ${domain} is named twice.`)
    else hosts.push(domain)
  })
  const known = (given: string, path: readonly PropertyKey[], isKey: boolean): string => {
    const domain = canonical(given) ?? given
    if (!hosts.includes(domain)) {
      const meant = suggest(domain, hosts)
      const hint = meant === undefined ? 'Add it to hosts, or remove it here.' : `Did you mean ${meant}?`
      add(path, `${name(isKey ? path.slice(0, -1) : path)}: ${show(given)} is not one of the hosts. ${hint}`, isKey)
    }
    return domain
  }
  const certificates = Object.fromEntries(
    Object.entries(config.tls.certificates).map(([host, files]) => [
      known(host, ['tls', 'certificates', host], true),
      files,
    ]),
  )
  const anonymous = config.auth.anonymous.map((host, index) => known(host, ['auth', 'anonymous', index], false))
  const ports = (['c2s', 'tls', 'http', 'https'] as const).map((key) => [key, config.listen[key]] as const)
  if (ports.every(([, port]) => port === false)) add(['listen'], 'listen: all ports are off, so nobody could connect.')
  for (const [index, [key, port]] of ports.entries()) {
    const other = ports.slice(0, index).find(([, taken]) => taken === port)
    if (other !== undefined && port !== undefined && port !== false && port !== 0)
      add(['listen', key], `listen: ${other[0]} and ${key} are both ${port}; each needs a port of its own.`)
  }
  if (config.tls.clientCertificates && config.tls.clientAuthorities.length === 0)
    add(
      ['tls', 'clientCertificates'],
      'tls.clientCertificates is on, but tls.clientAuthorities names nobody who may sign them.',
    )
  return {
    config: {
      ...config,
      hosts,
      tls: { ...config.tls, certificates },
      auth: { ...config.auth, anonymous },
    },
    problems,
  }
}

function canonical(text: string): string | undefined {
  const parsed = parseJid(text)
  return parsed?.isDomain === true ? parsed.domain : undefined
}
