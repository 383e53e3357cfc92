/**
 * What may stand in a log line. Values come from the network: long ones are cut, secrets never pass, errors become facts.
 * Control characters are dealt with by the format: see `visible` and `escapeLine`. Catalogue S134.
 */

import { explain } from '../failure.ts'

const maxText = 500
const maxStack = 4000
const maxDepth = 4
const maxEntries = 50
const reserved: ReadonlySet<string> = new Set(['level', 'time', 'msg'])
const secret =
  /passw|passphrase|secret|token|credential|authorization|cookie|salt$|(?:stored|server|private|session)_?key|^key$/i

/** The fields of one line, ready to be serialised. */
export function clean(fields: object): Record<string, unknown> {
  const cleaned = new Map<string, unknown>()
  for (const [key, value] of Object.entries(fields).slice(0, maxEntries)) {
    cleaned.set(reserved.has(key) ? `${key}_` : short(key, 60), secret.test(key) ? '[redacted]' : cleanValue(value, 0))
  }
  return Object.fromEntries(cleaned)
}

function cleanValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return short(value, maxText)
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'bigint':
    case 'symbol':
      return String(value)
    case 'function':
      return '[function]'
    case 'object':
      return value === null ? null : cleanObject(value, depth)
    default:
      return value
  }
}

function cleanObject(value: object, depth: number): unknown {
  if (value instanceof Error) return cleanError(value, depth)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth >= maxDepth) return '[…]'
  if (Array.isArray(value)) return value.slice(0, maxEntries).map((one) => cleanValue(one, depth + 1))
  // a JID and the like: one word, not its parts
  if (Object.getPrototypeOf(value) !== Object.prototype && value.toString !== Object.prototype.toString)
    return short(String(value), maxText)
  const entries =
    value instanceof Map ? [...value].map(([key, one]) => [String(key), one] as const) : Object.entries(value)
  const cleaned = entries
    .slice(0, maxEntries)
    .map(([key, one]) => [short(key, 60), secret.test(key) ? '[redacted]' : cleanValue(one, depth + 1)])
  return Object.fromEntries(cleaned)
}

function cleanError(error: Error, depth: number): object {
  const { code } = error as NodeJS.ErrnoException
  const facts = {
    type: error.name,
    message: short(error.message, maxText),
    ...(typeof code === 'string' ? { code } : {}),
  }
  // a full disk is no bug, and there is a line for each message that it costs
  if (explain(error) !== undefined) return facts
  // the stack repeats the message, which may hold anything: only the frames are kept
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return {
    ...facts,
    stack: short(frames.join('\n'), maxStack),
    ...(error.cause === undefined || depth >= maxDepth ? {} : { cause: cleanValue(error.cause, depth + 1) }),
  }
}

export function short(text: string, most: number = maxText): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}… (${text.length} characters)`
}

/** C0 and C1 controls, line separators, and what turns the direction of text. */
const unseen = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g
const unseenInJson = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** For people: `a<U+000A>b`. */
export function visible(text: string): string {
  return text.replace(unseen, (char) => `<U+${hex(char).toUpperCase()}>`)
}

/** For programs: what JSON allows raw and a terminal would obey is escaped too; the line stays the same JSON. */
export function escapeLine(line: string): string {
  return line.replace(unseenInJson, (char) => `\\u${hex(char)}`)
}

/** Every text in cleaned fields made visible; stacks keep their lines. */
export function visibleFields(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return key === 'stack' ? value.split('\n').map(visible).join('\n') : visible(value)
  if (Array.isArray(value)) return value.map((one) => visibleFields(one))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [visible(name), visibleFields(one, name)]))
  return value
}

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(4, '0')
}
