/** SIGHUP: reads the configuration and the certificates anew. What cannot change while it runs is named, and waits for a restart. */
import { isDeepStrictEqual } from 'node:util'
import type { Server } from '@rookery/server'
import { type ConfigOptions, ConfigProblems, type LoadedConfig, loadConfig } from './config/load.ts'
import type { DaemonConfig } from './config/schema.ts'
import { explain } from './failure.ts'
import type { DaemonLog } from './log/log.ts'

export interface Reloading {
  readonly server: Server
  readonly log: DaemonLog
  readonly options: ConfigOptions
  /** What the server was started with. */
  readonly current: LoadedConfig
}

/** Never throws: with a mistake in the file or in a certificate, everything stays as it is. */
export async function reload({ server, log, options, current }: Reloading): Promise<void> {
  try {
    const { config } = loadConfig({ ...options, ...(current.file === undefined ? {} : { config: current.file }) })
    await server.reloadCertificates(config.tls.certificates)
    log.level = config.log.level
    server.reloadLimits(config.limits)
    const waiting = needRestart(current.config, config)
    log.info({ event: 'reloaded' }, 'reloaded certificates, log level and limits')
    if (waiting.length > 0) log.warn({ event: 'reloaded', settings: waiting }, 'these settings need a restart')
  } catch (error) {
    if (error instanceof ConfigProblems) {
      for (const problem of error.problems) log.error({ event: 'reload-failed', problem }, 'not reloaded')
    } else {
      const problem = explain(error)
      log.error({ event: 'reload-failed', ...(problem === undefined ? { error } : { problem }) }, 'not reloaded')
    }
  }
}

function needRestart(before: DaemonConfig, after: DaemonConfig): string[] {
  const fixed = (config: DaemonConfig): Map<string, unknown> => {
    const { limits: _, log, tls, ...rest } = config
    const { certificates: __, ...fixedTls } = tls
    return flatten({ ...rest, tls: fixedTls, log: { format: log.format } })
  }
  const old = fixed(before)
  const changed = fixed(after)
  return [...new Set([...old.keys(), ...changed.keys()])].filter(
    (key) => !isDeepStrictEqual(old.get(key), changed.get(key)),
  )
}

/** Two levels are enough to name a setting. */
function flatten(config: object): Map<string, unknown> {
  const flat = new Map<string, unknown>()
  for (const [key, value] of Object.entries(config)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) flat.set(key, value)
    else for (const [inner, one] of Object.entries(value)) flat.set(`${key}.${inner}`, one)
  }
  return flat
}
