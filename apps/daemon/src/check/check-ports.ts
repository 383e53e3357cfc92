/** Are the ports free, or in use, and by whom? */
import { createServer } from 'node:net'
import { httpPorts } from '@rookery/server'
import type { DaemonConfig } from '../config/schema.ts'
import { isLocalName } from '../dns-records.ts'
import type { Finding } from './finding.ts'
import { portOwner } from './port-owner.ts'

/** `isRunning`: our own server answers on the data folder, so that its ports are in use is as it should be. */
export async function checkPorts(config: DaemonConfig, isRunning: boolean): Promise<Finding[]> {
  const { listen } = config
  const given = listen.address ?? (config.hosts.every(isLocalName) ? ['127.0.0.1', '::1'] : ['::'])
  const findings: Finding[] = []
  for (const [key, port, where] of [
    ['c2s', listen.c2s, given],
    ['tls', listen.tls, given],
    ['http', listen.http ?? httpPorts.http, listen.httpAddress],
    ['https', listen.https ?? httpPorts.https, given],
  ] as const) {
    if (port === false || port === 0) continue
    const addresses = typeof where === 'string' ? [where] : where
    for (const [index, address] of addresses.entries()) {
      const finding = await checkPort(key, address, port, isRunning, listen[key] === undefined)
      // one line for a port, but for what is wrong with another address of it; a machine need not have IPv6
      if (index > 0 && (finding.level === 'ok' || address === '::1' || address === '::')) continue
      findings.push(finding)
    }
  }
  return findings
}

/** `isOptional`: nobody asked for it, and the server does without where another program has it. */
async function checkPort(
  key: string,
  address: string,
  port: number,
  isRunning: boolean,
  isOptional: boolean,
): Promise<Finding> {
  const code = await tryPort(address, port)
  if (code === undefined) return { area: 'port', level: 'ok', text: `Port ${port} (listen.${key}) is free.` }
  if (code === 'EADDRINUSE') {
    if (isRunning)
      return { area: 'port', level: 'ok', text: `Port ${port} (listen.${key}) is in use, as the server is running.` }
    const owner = portOwner(port)
    return {
      area: 'port',
      level: isOptional ? 'warning' : 'error',
      text: `Port ${port} (listen.${key}) is in use${owner === undefined ? ' by another program' : ` by ${owner}`}.`,
      fix: `Stop that program, or choose another port under listen.${key}.`,
    }
  }
  if (code === 'EACCES')
    return {
      area: 'port',
      level: 'error',
      text: `This user may not listen on port ${port} (listen.${key}).`,
      fix: 'Choose one from 1024 on, or grant the right (CAP_NET_BIND_SERVICE).',
    }
  return {
    area: 'port',
    level: 'error',
    text: `${address} port ${port} (listen.${key}) cannot be listened on (${code}).`,
    fix: `Correct listen.${key === 'http' ? 'httpAddress' : 'address'}: it must be an address of this machine.`,
  }
}

function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
