/** Finds, reads and checks the configuration: command line over environment over file over defaults. */
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Failure } from '../failure.ts'
import { checkMeaning } from './meaning.ts'
import { type Problem, problemsOf } from './problems.ts'
import { type DaemonConfig, daemonSchema } from './schema.ts'
import { YamlFile } from './yaml-file.ts'

export const defaultFile = './rookery.yaml'

/** From the command line, as commander gives it. */
export interface ConfigOptions {
  config?: string
  data?: string
  host?: string[]
  port?: number
  tlsPort?: number
  httpPort?: number
  httpsPort?: number
  logLevel?: string
}

export interface LoadedConfig {
  readonly config: DaemonConfig
  /** Undefined: there is no file, these are the defaults. */
  readonly file: string | undefined
  /** What was written by the person, before the defaults. */
  readonly given: Record<string, unknown>
}

/** Everything that is wrong with a configuration at once. */
export class ConfigProblems extends Failure {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
    super(`The configuration has ${count}:\n${problems.map((one) => `  ${one}`).join('\n')}`)
    this.problems = problems
  }
}

export function loadConfig(options: ConfigOptions = {}, environment: NodeJS.ProcessEnv = process.env): LoadedConfig {
  const named = options.config ?? environment['ROOKERY_CONFIG']
  const file = named ?? (existsSync(defaultFile) ? defaultFile : undefined)
  const yaml = file === undefined ? undefined : new YamlFile(file)
  if (yaml !== undefined && yaml.faults.length > 0) throw new ConfigProblems(yaml.faults)
  const written = yaml?.content ?? {}
  const locate = (problems: readonly Problem[]): string[] =>
    yaml === undefined ? problems.map(({ text }) => text) : yaml.locate(problems)
  const given = isBlock(written) ? override(written, options, environment) : written
  const parsed = daemonSchema.safeParse(given)
  if (!parsed.success) {
    const problems = problemsOf(parsed.error.issues, (path) => valueAt(given, path))
    throw new ConfigProblems(locate(problems))
  }
  const { config, problems } = checkMeaning(parsed.data)
  if (problems.length > 0) throw new ConfigProblems(locate(problems))
  return { config: absolute(config, file, options, environment), file, given: given as Record<string, unknown> }
}

/** Paths in the file are relative to it, paths from elsewhere to the current folder. */
function absolute(
  config: DaemonConfig,
  file: string | undefined,
  options: ConfigOptions,
  environment: NodeJS.ProcessEnv,
): DaemonConfig {
  const folder = file === undefined ? process.cwd() : dirname(resolve(file))
  const data = resolve(options.data ?? environment['ROOKERY_DATA'] ?? resolve(folder, config.data))
  const certificates = Object.fromEntries(
    Object.entries(config.tls.certificates).map(([host, pair]) => [
      host,
      { certificate: resolve(folder, pair.certificate), key: resolve(folder, pair.key) },
    ]),
  )
  const clientAuthorities = config.tls.clientAuthorities.map((path) => resolve(folder, path))
  return { ...config, data, tls: { ...config.tls, certificates, clientAuthorities } }
}

function override(
  written: Record<string, unknown>,
  options: ConfigOptions,
  environment: NodeJS.ProcessEnv,
): Record<string, unknown> {
  const given = { ...written }
  const put = (block: string, key: string, value: unknown): void => {
    if (value !== undefined) given[block] = { ...(isBlock(given[block]) ? given[block] : {}), [key]: value }
  }
  if (options.host !== undefined && options.host.length > 0) given['hosts'] = options.host
  const data = options.data ?? environment['ROOKERY_DATA']
  if (data !== undefined) given['data'] = data
  put('listen', 'c2s', options.port)
  put('listen', 'tls', options.tlsPort)
  put('listen', 'http', options.httpPort)
  put('listen', 'https', options.httpsPort)
  put('log', 'level', options.logLevel)
  return given
}

function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function valueAt(from: unknown, path: readonly PropertyKey[]): unknown {
  let value = from
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}
