/** `rookery config show`: the configuration in force, with all defaults, each setting marked as yours or a default. */
import { Document, isMap, isPair, isScalar, type YAMLMap } from 'yaml'
import { type ConfigOptions, loadConfig } from '../config/load.ts'
import type { DaemonConfig } from '../config/schema.ts'

export async function showConfig(options: ConfigOptions & { json?: boolean }): Promise<number> {
  const { config, file, given } = loadConfig(options)
  process.stdout.write(
    options.json === true ? `${JSON.stringify(config, undefined, 2)}\n` : asYaml(config, file, given),
  )
  return 0
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
