/** The server on this machine, found by its configuration and its data folder: which hosts it has, where it listens, which certificates it made. */
import { existsSync, readFileSync } from 'node:fs'
import { parseJid } from '@rookery/protocol/jid'
import type { Endpoint } from '@rookery/server'
import { type ConfigOptions, loadConfig } from '../config/load.ts'
import type { DaemonConfig } from '../config/schema.ts'
import { runningEndpoints } from '../control/control-client.ts'
import { Failure } from '../failure.ts'
import { keptCertificate } from '../kept-certificates.ts'

export interface LocalServer {
  readonly hosts: readonly string[]
  /** How to reach it; undefined where it is to be found by its domain, like any other. */
  readonly service: string | undefined
  /** The certificate that it has signed itself, as PEM; undefined where there is none that we may read. */
  certificate(host: string): string | undefined
}

/** Undefined where no server was ever started. Throws a Failure when the configuration was named and cannot be used. */
export async function findLocalServer(options: ConfigOptions): Promise<LocalServer | undefined> {
  const config = read(options)
  if (config === undefined || !existsSync(config.data)) return undefined
  return {
    hosts: config.hosts.map((host) => parseJid(host)?.domain ?? host),
    service: serviceAt((await runningEndpoints(config.data)) ?? usualEndpoints(config)),
    certificate: (host) => readIfWeMay(keptCertificate(config.data, host)),
  }
}

function read(options: ConfigOptions): DaemonConfig | undefined {
  try {
    return loadConfig(options).config
  } catch (error) {
    if (error instanceof Failure && options.config === undefined && options.data === undefined) return undefined
    throw error
  }
}

/** Where nobody can be asked, as on Windows; a server of a domain may run on another machine. */
function usualEndpoints({ hosts, listen: { c2s, tls } }: DaemonConfig): Endpoint[] {
  if (hosts.some((host) => host !== 'localhost')) return []
  const at = (kind: Endpoint['kind'], port: number | false): Endpoint[] =>
    port === false || port === 0 ? [] : [{ kind, address: '127.0.0.1', port }]
  return [...at('tls', tls), ...at('c2s', c2s)]
}

function serviceAt(endpoints: readonly Endpoint[]): string | undefined {
  const found = endpoints.find(({ kind }) => kind === 'tls') ?? endpoints.find(({ kind }) => kind === 'c2s')
  if (found === undefined) return undefined
  const address = found.address === '0.0.0.0' ? '127.0.0.1' : found.address === '::' ? '::1' : found.address
  const host = address.includes(':') ? `[${address}]` : address
  return `${found.kind === 'tls' ? 'xmpps' : 'xmpp'}://${host}:${found.port}`
}

/** The data folder of another user is closed to us. */
function readIfWeMay(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
