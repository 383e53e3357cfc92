/** `rookery config show`: the configuration in force, with all defaults, each setting marked as yours or a default. */
import { builtIn } from '@rookery/server'
import { Document, isMap, isPair, isScalar, type YAMLMap } from 'yaml'
import { type ConfigOptions, loadConfig } from '../config/load.ts'
import type { DaemonConfig } from '../config/schema.ts'

export async function showConfig(options: ConfigOptions & { json?: boolean }): Promise<number> {
  const { config: loaded, file, given } = loadConfig(options)
  const config = { ...loaded, features: allFeatures(loaded.features) }
  process.stdout.write(
    options.json === true ? `${JSON.stringify(config, undefined, 2)}\n` : asYaml(config, file, given),
  )
  return 0
}

/** Those that are not named in the file are on, with the defaults of their settings. */
function allFeatures(given: DaemonConfig['features']): DaemonConfig['features'] {
  return Object.fromEntries(
    builtIn.map(({ name, config }) => [name, given[name] ?? config?.safeParse(undefined).data ?? true]),
  )
}

/** YAML that can be used as a configuration file as it is. */
export function asYaml(config: DaemonConfig, file: string | undefined, given: unknown): string {
  const document = new Document(config)
  document.commentBefore =
    file === undefined ? ' There is no file: all defaults.' : ` From ${file}; what is not marked as yours is a default.`
  if (isMap(document.contents)) mark(document.contents, given)
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

function mark(map: YAMLMap, given: unknown): void {
  if (typeof given !== 'object' || given === null) return
  for (const pair of map.items) {
    if (!isPair(pair) || !isScalar(pair.key) || !Object.hasOwn(given, String(pair.key.value))) continue
    const inner: unknown = Reflect.get(given, String(pair.key.value))
    if (isMap(pair.value) && pair.value.items.length > 0) mark(pair.value, inner)
    else if (isScalar(pair.value)) pair.value.comment = ' yours'
    else pair.key.comment = ' yours'
  }
}
