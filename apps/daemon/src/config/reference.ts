/** The reference of all settings as Markdown tables, made from the schema. */
import { expectation, type JsonSchema, jsonSchema } from './json-schema.ts'

export function configReference(): string {
  const properties = Object.entries(jsonSchema.properties ?? {})
  const isBlock = (schema: JsonSchema): boolean => schema.properties !== undefined
  const top = properties.filter(([, schema]) => !isBlock(schema))
  const blocks = properties.filter(([, schema]) => isBlock(schema))
  return [
    '### At the top\n',
    table(top),
    ...blocks.flatMap(([name, schema]) =>
      name === 'features'
        ? featureReference(schema)
        : [`### ${name}\n`, table(Object.entries(schema.properties ?? {}))],
    ),
  ].join('\n')
}

function featureReference(schema: JsonSchema): string[] {
  const parts = ['### features\n', `${schema.description ?? ''}\n`, '| feature | what it does |', '|---|---|']
  const features = Object.entries(schema.properties ?? {})
  for (const [name, { description }] of features) parts.push(`| \`${name}\` | ${cell(description ?? '')} |`)
  parts.push('')
  for (const [name, feature] of features) {
    const settings = feature.anyOf?.find((one) => one.properties !== undefined)?.properties
    if (settings !== undefined) parts.push(`#### features.${name}\n`, table(Object.entries(settings)))
  }
  return parts
}

function table(settings: readonly (readonly [string, JsonSchema])[]): string {
  const rows = settings.map(([name, schema]) => {
    const initial = schema.default === undefined ? '' : `\`${JSON.stringify(schema.default).replaceAll('"', '')}\``
    return `| \`${name}\` | ${cell(values(schema))} | ${cell(initial)} | ${cell(schema.description ?? '')} |`
  })
  return `${['| setting | value | default | meaning |', '|---|---|---|---|', ...rows].join('\n')}\n`
}

function values(schema: JsonSchema): string {
  const inner = schema.additionalProperties
  if (typeof inner !== 'object' || inner.properties === undefined) return expectation(schema)
  return `for each host: ${Object.keys(inner.properties).join(' and ')}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
