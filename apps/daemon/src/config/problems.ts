/** What is wrong with a configuration, as sentences: what stands there, what may stand there, and what was probably meant. */
import type { z } from 'zod'
import { expectation, type JsonSchema, jsonSchema, keysAt, schemaAt } from './json-schema.ts'
import { suggest } from './suggest.ts'

export interface Problem {
  readonly path: readonly PropertyKey[]
  /** The key itself is wrong, not its value. */
  readonly isKey: boolean
  readonly text: string
}

type Issue = z.core.$ZodIssue

/** `valueAt` reads what the person wrote. */
export function problemsOf(issues: readonly Issue[], valueAt: (path: readonly PropertyKey[]) => unknown): Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(issue, [], valueAt))
}

function problemsOfIssue(
  issue: Issue,
  above: readonly PropertyKey[],
  valueAt: (path: readonly PropertyKey[]) => unknown,
): Problem[] {
  const path = [...above, ...issue.path]
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], isKey: true, text: unknownKey(path, key) }))
  if (issue.code === 'invalid_union') {
    // the branch that takes this kind of value knows best what is wrong inside it
    const branch = issue.errors.find((errors) => errors.length > 0 && errors.every((one) => isInside(one)))
    if (branch !== undefined) return branch.flatMap((one) => problemsOfIssue(one, path, valueAt))
  }
  return [{ path, isKey: false, text: wrongValue(path, valueAt(path), issue) }]
}

function isInside(issue: Issue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys'
}

function unknownKey(path: readonly PropertyKey[], key: string): string {
  const known = keysAt(path)
  const meant = suggest(key, known, allPaths)
  const where = path.length === 0 ? '' : ` in ${name(path)}`
  const hint = meant === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean ${meant}?`
  return `there is no setting ${show(key)}${where}. ${hint}`
}

function wrongValue(path: readonly PropertyKey[], value: unknown, issue: Issue): string {
  const schema = schemaAt(path)
  const subject = path.length === 0 ? 'the configuration' : name(path)
  if (schema === undefined || issue.code === 'custom' || issue.code === 'invalid_format')
    return `${subject}: ${issue.message}`
  const expected = expectation(schema)
  if (value === undefined) return `${subject} is missing; it must be ${expected}.`
  if (Array.isArray(value) && value.length === 0) return `${subject} is an empty list; name at least one.`
  if (value === '') return `${subject} is empty; it must be ${expected}.`
  return `${subject} must be ${expected}, not ${show(value)}.${meantValue(schema, value)}`
}

function meantValue(schema: JsonSchema, value: unknown): string {
  if (schema.type === 'array' && typeof value === 'string') return ` Write it as [${value}].`
  if (typeof value !== 'string') return ''
  const branches = schema.anyOf ?? [schema]
  if (branches.some((one) => one.type === 'boolean')) {
    // YAML 1.2 knows only true and false
    if (/^(off|no|n)$/i.test(value)) return ' Write false.'
    if (/^(on|yes|y)$/i.test(value)) return ' Write true.'
  }
  const meant = suggest(value, branches.flatMap((one) => one.enum ?? []).map(String))
  return meant === undefined ? '' : ` Did you mean ${meant}?`
}

/** `listen.c2s`; keys with dots in them are quoted: `tls.certificates."example.org"`. */
export function name(path: readonly PropertyKey[]): string {
  return path.map((key) => (/^[\w-]+$/.test(String(key)) ? String(key) : show(String(key)))).join('.')
}

/** A value as a person wrote it, short and on one line. */
export function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a block of settings'
  if (value === null) return 'nothing'
  // what JSON does not know, such as .inf
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text
}

const allPaths: readonly string[] = paths(jsonSchema, '')

function paths(schema: JsonSchema, above: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [
    `${above}${key}`,
    ...paths(inner, `${above}${key}.`),
  ])
}
