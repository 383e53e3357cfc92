/** From what was given in code to the configuration that is in force: defaults filled in, names of hosts in their one canonical form. */
import { parseJid } from '@rookery/protocol/jid'
import { ConfigError } from '../errors.ts'
import { type ServerConfig, serverSchema } from './schema.ts'
import { wrong } from './wrong.ts'

/** What is wrong is a ConfigError that says where. */
export function readConfig(given: unknown): ServerConfig {
  const parsed = serverSchema.safeParse(given)
  if (!parsed.success) throw wrong(parsed.error)
  const { data } = parsed
  const hosts = data.hosts.map((name) => {
    const domain = canonical(name)
    if (domain === undefined) throw new ConfigError(`hosts: ${name} is not a domain`, ['hosts'])
    return domain
  })
  if (new Set(hosts).size !== hosts.length) throw new ConfigError('hosts: a host is named twice', ['hosts'])
  const served = (name: string, path: readonly (string | number)[]): string => {
    const domain = canonical(name) ?? name
    if (!hosts.includes(domain)) throw new ConfigError(`${path.join('.')}: ${name} is not one of the hosts`, path)
    return domain
  }
  const certificates = Object.entries(data.tls.certificates).map(
    ([name, files]) => [served(name, ['tls', 'certificates', name]), files] as const,
  )
  const anonymous = data.auth.anonymous.map((name, index) => served(name, ['auth', 'anonymous', index]))
  return {
    ...data,
    hosts,
    tls: { ...data.tls, certificates: Object.fromEntries(certificates) },
    auth: { ...data.auth, anonymous },
  }
}

function canonical(name: string): string | undefined {
  const parsed = parseJid(name)
  return parsed?.isDomain === true ? parsed.domain : undefined
}
