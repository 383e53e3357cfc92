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
  const features = Object.entries(schema.properties ?? {})
  const rows = features.map(([name, { description }]) => [`\`${name}\``, description ?? ''])
  const parts = ['### features\n', `${schema.description ?? ''}\n`, grid([['feature', 'what it does'], ...rows])]
  for (const [name, feature] of features) {
    const settings = blockOf(feature)
    if (settings === undefined) continue
    parts.push(`#### features.${name}\n`, table(settings))
    for (const [key, setting] of settings) {
      const block = blockOf(setting)
      if (block !== undefined) parts.push(`#### features.${name}.${key}\n`, table(block))
    }
  }
  return parts
}

/** The settings of what may be a block or something else, e.g. false. */
function blockOf(schema: JsonSchema): [string, JsonSchema][] | undefined {
  const block = schema.anyOf?.find((one) => one.properties !== undefined)?.properties
  return block === undefined ? undefined : Object.entries(block)
}

function table(settings: readonly (readonly [string, JsonSchema])[]): string {
  const rows = settings.map(([name, schema]) => {
    const initial = schema.default === undefined ? '' : `\`${JSON.stringify(schema.default).replaceAll('"', '')}\``
    return [`\`${name}\``, values(schema), initial, schema.description ?? '']
  })
  return grid([['setting', 'value', 'default', 'meaning'], ...rows])
}

/** With columns of even width, as the formatter of this repository wants it. */
function grid(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(cell))
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = cells
  const rule = line(widths.map((width) => '-'.repeat(width)))
  return `${[line(head), rule, ...body.map(line)].join('\n')}\n`
}

function values(schema: JsonSchema): string {
  const inner = schema.additionalProperties
  if (typeof inner !== 'object' || inner.properties === undefined) return expectation(schema)
  return `for each host: ${Object.keys(inner.properties).join(' and ')}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}
