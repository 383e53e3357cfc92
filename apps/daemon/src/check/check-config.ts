/** Settings that are allowed but dangerous. What is plainly wrong is refused when the file is loaded. */
import type { LoadedConfig } from '../config/load.ts'
import { isLocalName } from '../dns-records.ts'
import type { Finding } from './finding.ts'

export function checkConfig({ config, file }: LoadedConfig): Finding[] {
  const findings: Finding[] = [
    {
      area: 'config',
      level: 'ok',
      text: file === undefined ? 'There is no file; the defaults are used.' : `${file} has no mistakes.`,
    },
  ]
  const isOpen = isReachable(config.listen.address, config.hosts)
  if (config.auth.plainWithoutTls)
    findings.push({
      area: 'config',
      level: isOpen ? 'error' : 'warning',
      text: `auth.plainWithoutTls lets clients send passwords unencrypted${isOpen ? ', and the server listens on the network' : ''}.`,
      fix: 'Remove it; it is for benchmarks and tests on one machine.',
    })
  if (!config.tls.required && isOpen)
    findings.push({
      area: 'config',
      level: 'warning',
      text: 'tls.required is false: clients may log in without encryption.',
      fix: 'Remove it, unless something in front of the server does TLS.',
    })
  if (config.listen.http !== false && isReachable(config.listen.httpAddress, config.hosts))
    findings.push({
      area: 'config',
      level: 'warning',
      text: 'listen.httpAddress opens the port without TLS to the network.',
      fix: 'Keep it to 127.0.0.1 and ::1, or to the network of the proxy, and name the proxy in http.trustedProxies.',
    })
  if (config.auth.anonymous.length > 0 && isOpen)
    findings.push({
      area: 'config',
      level: 'warning',
      text: `Anybody may log in without an account on ${config.auth.anonymous.join(', ')}.`,
      fix: 'Make sure that is meant, and that no account lives on the same host.',
    })
  return findings
}

function isReachable(address: string | string[] | undefined, hosts: readonly string[]): boolean {
  if (address === undefined) return !hosts.every(isLocalName)
  const addresses = typeof address === 'string' ? [address] : address
  return !addresses.every((one) => one === 'localhost' || one === '::1' || one.startsWith('127.'))
}
