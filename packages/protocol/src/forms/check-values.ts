/**
 * Whether values are such as a form field says that it takes (XEP-0122 1.0.2).
 * Regular expressions are carried, never run: they come from the other side, and an unknown method counts as `basic` [XEP-0122 4.1].
 */
import { boolean, parseInteger, trim } from '../codec/index.ts'
import { parseDate, parseDateTime, parseTime } from '../dates/index.ts'
import type { Validate } from './validate.ts'

/** A sentence saying why the values do not pass, or undefined when they do. Values a datatype does not know pass as strings [XEP-0122 4.1]. */
export function checkValues(rule: Validate, values: readonly string[]): string | undefined {
  const { min: fewest, max: most } = rule.listRange ?? {}
  if (fewest !== undefined && values.length < fewest) return `At least ${fewest} values are needed.`
  if (most !== undefined && values.length > most) return `At most ${most} values are allowed.`
  const measure = measures.get(rule.datatype ?? 'xs:string')
  if (measure === undefined) return undefined
  const low = rule.range?.min === undefined ? undefined : measure.of(rule.range.min)
  const high = rule.range?.max === undefined ? undefined : measure.of(rule.range.max)
  for (const value of values) {
    const size = measure.of(trim(value))
    if (size === undefined) return `The value must be ${measure.expected}.`
    if (low !== undefined && size < low) return 'The value is too small.' // [XEP-0122 3.2.3]
    if (high !== undefined && size > high) return 'The value is too large.'
  }
  return undefined
}

interface Measure {
  readonly expected: string
  /** Where the value stands in the order of its type, undefined when it is not of the type. */
  readonly of: (text: string) => number | undefined
}

function whole(min: number, max: number): Measure {
  return {
    expected: 'a whole number of its type',
    of: (text) => {
      const value = parseInteger(text)
      return value === undefined || value < min || value > max ? undefined : value
    },
  }
}

const WIDEST = Number.MAX_SAFE_INTEGER

const measures: ReadonlyMap<string, Measure> = new Map<string, Measure>([
  ['xs:boolean', { expected: 'true or false', of: (text) => (boolean.decode(text) === undefined ? undefined : 0) }],
  ['xs:byte', whole(-128, 127)],
  ['xs:short', whole(-32_768, 32_767)],
  ['xs:int', whole(-(2 ** 31), 2 ** 31 - 1)],
  ['xs:long', whole(-WIDEST, WIDEST)],
  ['xs:integer', whole(-WIDEST, WIDEST)],
  ['xs:nonNegativeInteger', whole(0, WIDEST)],
  ['xs:positiveInteger', whole(1, WIDEST)],
  ['xs:unsignedByte', whole(0, 255)],
  ['xs:unsignedShort', whole(0, 65_535)],
  ['xs:unsignedInt', whole(0, 2 ** 32 - 1)],
  ['xs:unsignedLong', whole(0, WIDEST)],
  ['xs:decimal', { expected: 'a decimal number', of: parseDecimal }],
  ['xs:dateTime', { expected: 'a date and time', of: parseDateTime }],
  ['xs:date', { expected: 'a date', of: parseDate }],
  ['xs:time', { expected: 'a time of day', of: (text) => parseTime(text)?.ms }],
])

/** xs:decimal: a sign, digits, and a point among them. */
function parseDecimal(text: string): number | undefined {
  let digits = 0
  let points = 0
  for (let at = text[0] === '-' || text[0] === '+' ? 1 : 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 46) points++
    else if (code >= 48 && code <= 57) digits++
    else return undefined
  }
  return digits > 0 && points <= 1 && text.length <= 64 ? Number(text) : undefined
}
