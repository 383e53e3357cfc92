/**
 * What may stand in an attribute or in the text of an element, and how it is written: the lexical half of a codec.
 * Lexical forms are those of XML Schema 1.0 part 2. It knows nothing of elements.
 */
import { formatDateTime, parseDateTime } from '../dates/index.ts'
import { type Jid, parseJid } from '../jid/index.ts'
import { decodeBase64, encodeBase64 } from '../sasl/base64.ts'

export interface Text<T> {
  /** Completes the sentence "… must be …". */
  readonly expected: string
  /** The value, or undefined when the text is not one. */
  readonly decode: (text: string) => T | undefined
  encode(value: T): string
}

/** Any text. */
export const string: Text<string> = { expected: 'text', decode: (text) => text, encode: (value) => value }

/** Any text but the empty one. */
export const nonEmpty: Text<string> = {
  expected: 'text that is not empty',
  decode: (text) => (text === '' ? undefined : text),
  encode: (value) => value,
}

/** xs:boolean: `true`, `false`, `1`, `0`; written as words. */
export const boolean: Text<boolean> = {
  expected: '"true" or "false"',
  decode: (text) => {
    const word = trim(text)
    if (word === 'true' || word === '1') return true
    if (word === 'false' || word === '0') return false
    return undefined
  },
  encode: (value) => (value ? 'true' : 'false'),
}

/** A moment of XEP-0082 as milliseconds since 1970 in UTC. */
export const dateTime: Text<number> = {
  expected: 'a date and time as in XEP-0082',
  decode: (text) => parseDateTime(trim(text)),
  encode: formatDateTime,
}

export const address: Text<Jid> = {
  expected: 'an XMPP address',
  decode: (text) => parseJid(text),
  encode: (value) => value.toString(),
}

export const base64: Text<Uint8Array> = {
  expected: 'base64',
  decode: (text) => decodeBase64(trim(text)),
  encode: encodeBase64,
}

/** The same, however its lines were broken. */
export const wrappedBase64: Text<Uint8Array> = {
  expected: 'base64',
  decode: (text) => decodeBase64(text.replace(/\s/g, '')),
  encode: encodeBase64,
}

/** SHA-1 in 40 hexadecimal digits, lower case. */
export const sha1Hex: Text<string> = {
  expected: 'a SHA-1 in hexadecimal',
  decode: (text) => {
    const digits = trim(text).toLowerCase()
    return /^[0-9a-f]{40}$/.test(digits) ? digits : undefined
  },
  encode: (value) => value,
}

/** A whole number within bounds, both included. Without bounds: what a double holds exactly. */
/* @__NO_SIDE_EFFECTS__ */
export function integer(min: number = Number.MIN_SAFE_INTEGER, max: number = Number.MAX_SAFE_INTEGER): Text<number> {
  const expected = `a whole number from ${min} to ${max}`
  return {
    expected,
    decode: (text) => {
      const value = parseInteger(trim(text))
      return value === undefined || value < min || value > max ? undefined : value
    },
    encode: (value) => {
      if (!Number.isInteger(value) || value < min || value > max) throw new RangeError(`${value} is not ${expected}`)
      return String(value)
    },
  }
}

/** One of the given words. */
/* @__NO_SIDE_EFFECTS__ */
export function oneOf<const W extends string>(...words: readonly W[]): Text<W> {
  return {
    expected: `one of ${words.map((word) => `"${word}"`).join(', ')}`,
    decode: (text) => words.find((word) => word === text),
    encode: (value) => value,
  }
}

/** xs:integer without surrounding space, or undefined when it is none or too large to be exact. */
export function parseInteger(text: string): number | undefined {
  if (!/^[-+]?\d{1,39}$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value + 0 : undefined // no negative zero
}

/** Cuts the space of XML around a value (the `collapse` of XML Schema, for values without inner space). */
export function trim(text: string): string {
  let end = text.length
  while (end > 0 && ' \t\n\r'.includes(text[end - 1]!)) end--
  return text.slice(text.search(/[^ \t\n\r]|$/), end)
}
