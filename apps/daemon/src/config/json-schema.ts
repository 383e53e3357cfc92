/** The schema of the configuration as JSON Schema: what error messages and the reference are made from. */
import { z } from 'zod'
import { daemonSchema } from './schema.ts'

/** The part of JSON Schema that our schema uses. */
export interface JsonSchema {
  type?: string
  description?: string
  default?: unknown
  properties?: Record<string, JsonSchema>
  additionalProperties?: boolean | JsonSchema
  items?: JsonSchema
  anyOf?: JsonSchema[]
  enum?: unknown[]
  const?: unknown
  minimum?: number
  maximum?: number
  maxLength?: number
}

export const jsonSchema: JsonSchema = z.toJSONSchema(daemonSchema, {
  io: 'input',
  unrepresentable: 'any',
}) as JsonSchema

/** The schema of what stands at a path; undefined when nothing may stand there. */
export function schemaAt(path: readonly PropertyKey[], from: JsonSchema = jsonSchema): JsonSchema | undefined {
  let schema: JsonSchema | undefined = from
  for (const key of path) {
    schema = schema === undefined ? undefined : step(schema, key)
  }
  return schema
}

function step(schema: JsonSchema, key: PropertyKey): JsonSchema | undefined {
  if (typeof key === 'number') return branches(schema).find((one) => one.items !== undefined)?.items
  for (const { properties, additionalProperties } of branches(schema)) {
    if (properties !== undefined && Object.hasOwn(properties, key)) return properties[String(key)]
    if (typeof additionalProperties === 'object') return additionalProperties
  }
  return undefined
}

function branches(schema: JsonSchema): JsonSchema[] {
  return schema.anyOf ?? [schema]
}

/** The keys that may stand in the block at a path. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  const schema = schemaAt(path)
  return schema === undefined ? [] : branches(schema).flatMap(({ properties }) => Object.keys(properties ?? {}))
}

/** What may stand there, in words: `a whole number from 0 to 65535, or false`. */
export function expectation(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(expectation).join(', or ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined)
    return schema.enum.length === 1 ? String(schema.enum[0]) : `one of ${schema.enum.join(', ')}`
  switch (schema.type) {
    case 'boolean':
      return 'true or false'
    case 'integer':
      return `a whole number${range(schema)}`
    case 'number':
      return `a number${range(schema)}`
    case 'string':
      return schema.maxLength === undefined ? 'text' : `text of at most ${schema.maxLength} characters`
    case 'array':
      return `a list of ${schema.items === undefined ? 'values' : plural(schema.items)}`
    case 'object':
      return 'a block of settings'
    default:
      return 'something else'
  }
}

function plural(items: JsonSchema): string {
  if (items.enum !== undefined) return items.enum.join(', ')
  return items.type === 'string' ? 'texts' : `values, each ${expectation(items)}`
}

function range({ minimum, maximum }: JsonSchema): string {
  const top = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum
  const bottom = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum
  if (bottom === undefined) return top === undefined ? '' : ` of at most ${top}`
  return top === undefined ? ` of at least ${bottom}` : ` from ${bottom} to ${top}`
}
