/** What is wrong with a configuration, for those who pass it in code: the first mistake, with its path. The daemon has sentences of its own. */
import type { z } from 'zod'
import { ConfigError } from '../errors.ts'

type Issue = z.core.$ZodIssue
type Path = readonly (string | number)[]

/** `above`: where the part that was checked stands in the whole. */
export function wrong(error: z.ZodError, above: Path = []): ConfigError {
  const { path, text } = mistake(error.issues[0]!, above)
  return new ConfigError(path.length === 0 ? text : `${path.join('.')}: ${text}`, path, { cause: error })
}

function mistake(issue: Issue, above: Path): { path: Path; text: string } {
  const path = [...above, ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))]
  if (issue.code === 'unrecognized_keys') return { path: [...path, issue.keys[0]!], text: 'there is no such setting' }
  if (issue.code !== 'invalid_union') return { path, text: told(issue) }
  // a branch that takes this kind of value knows best what is wrong inside it
  const branch = issue.errors.find(([first]) => first !== undefined && isInside(first))
  if (branch !== undefined) return mistake(branch[0]!, path)
  return { path, text: issue.errors.flatMap(([first]) => (first === undefined ? [] : told(first))).join('; or ') }
}

function told(issue: Issue): string {
  return issue.message.replace(/^Invalid input: /, '')
}

function isInside(issue: Issue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys'
}
