/** The configuration file of the daemon: everything the server takes, plus where data is kept and what is logged. */
import { builtIn, type ServerConfig, serverShape } from '@rookery/server'
import { z } from 'zod'

export const logLevels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof logLevels)[number]
export const logFormats = ['auto', 'pretty', 'json'] as const
export type LogFormat = (typeof logFormats)[number]

export interface DaemonConfig extends ServerConfig {
  /** Absolute once loaded. */
  data: string
  log: { level: LogLevel; format: LogFormat }
}

/** Features by name, each with its own schema, so that their settings are checked where they are written. */
const features = z
  .strictObject(
    Object.fromEntries(
      builtIn.map(({ name, config, summary }) => [
        name,
        (config === undefined ? z.boolean() : z.union([z.boolean(), config])).optional().describe(summary),
      ]),
    ),
  )
  .prefault({})
  .describe(serverShape.features.description ?? '') as unknown as typeof serverShape.features

const { hosts, ...rest } = serverShape

export const daemonSchema: z.ZodType<DaemonConfig> = z.strictObject({
  hosts,
  data: z
    .string()
    .min(1)
    .default('./data')
    .describe('Folder of the database and the self-signed certificates, relative to this file.'),
  log: z
    .strictObject({
      level: z.enum(logLevels).default('info').describe('Least important lines that are written.'),
      format: z
        .enum(logFormats)
        .default('auto')
        .describe('pretty for people, json for programs; auto: pretty on a terminal, else json.'),
    })
    .prefault({}),
  ...rest,
  features,
})
