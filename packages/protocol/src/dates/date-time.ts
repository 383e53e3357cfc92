/**
 * The date and time profiles of XMPP (XEP-0082 1.1.1): strict to read, one form to write. Not a calendar, and no clock. A whole
 * DateTime is read in parse-date-time.ts.
 *
 * Where the XEP and XML Schema differ, Schema rules [XEP-0082 3.1]: `24:00:00` is the midnight that ends the day, an offset is at
 * most 14 hours, and second 60 does not exist. A leap second is therefore refused, not rounded: whoever reads a stamp has to have
 * an answer for a missing one anyway. Years are 0000 to 9999, also after the offset is taken off. Of a fraction, milliseconds
 * are kept and further digits are cut, not rounded [XEP-0082 3.2].
 */
const DAY = 86_400_000
const MINUTE = 60_000
/** 0000-01-01 */
const FIRST = -62_167_219_200_000
/** The end of 9999. */
const LAST = 253_402_300_799_999
/** Longer texts are refused unread: no sender means a thirtieth digit of a second. */
const LONGEST = 64

/** `CCYY-MM-DD` as milliseconds since 1970 of its midnight in UTC, or undefined. */
export function parseDate(text: string): number | undefined {
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN
  // some engines take a 31st of February for the 3rd of March
  return Number.isNaN(day) || formatDate(day) !== text ? undefined : day
}

export interface TimeOfDay {
  /** Milliseconds since midnight; `24:00:00` is a whole day. */
  readonly ms: number
  /** Minutes ahead of UTC, when a zone was given. */
  readonly offset: number | undefined
}

/** `hh:mm:ss[.sss][TZD]`, or undefined. */
export function parseTime(text: string): TimeOfDay | undefined {
  if (text.length > LONGEST) return undefined
  const found = /^(\d\d):([0-5]\d):([0-5]\d)(?:\.(\d+))?([^\d.].*)?$/.exec(text)
  if (found === null) return undefined
  const [, hour, minute, second, fraction = '', zone] = found
  const whole = (Number(hour) * 60 + Number(minute)) * MINUTE + Number(second) * 1000
  if (whole > DAY || (whole === DAY && /[1-9]/.test(fraction))) return undefined
  const offset = zone === undefined ? undefined : parseOffset(zone)
  if (zone !== undefined && offset === undefined) return undefined
  return { ms: whole + Number(fraction.slice(0, 3).padEnd(3, '0')), offset }
}

/** A time zone definition, `Z` or `+hh:mm` or `-hh:mm`, as minutes ahead of UTC, or undefined. */
export function parseOffset(text: string): number | undefined {
  if (text === 'Z') return 0
  const found = /^([+-])(\d\d):([0-5]\d)$/.exec(text)
  if (found === null) return undefined
  const minutes = Number(found[2]) * 60 + Number(found[3])
  if (minutes > 14 * 60) return undefined
  return found[1] === '-' ? 0 - minutes : minutes
}

/** Milliseconds since 1970 as `CCYY-MM-DDThh:mm:ss[.sss]Z`; the fraction is written when there is one. */
export function formatDateTime(ms: number): string {
  return iso(ms).replace('.000', '')
}

/** The UTC day of a moment as `CCYY-MM-DD`. */
export function formatDate(ms: number): string {
  return iso(ms).slice(0, 10)
}

/** Milliseconds since midnight as `hh:mm:ss[.sss]`, without a zone. */
export function formatTime(ms: number): string {
  if (!(ms >= 0 && ms < DAY)) throw new RangeError(`${ms} is not within a day`)
  return formatDateTime(ms).slice(11, -1)
}

/** Minutes ahead of UTC as `Z`, `+hh:mm` or `-hh:mm`. */
export function formatOffset(minutes: number): string {
  if (!Number.isInteger(minutes) || Math.abs(minutes) > 14 * 60) throw new RangeError(`${minutes} is not an offset`)
  if (minutes === 0) return 'Z'
  return `${minutes < 0 ? '-' : '+'}${formatDateTime(Math.abs(minutes) * MINUTE).slice(11, 16)}`
}

function iso(ms: number): string {
  if (!(ms >= FIRST && ms <= LAST)) throw new RangeError(`${ms} is not a moment of the years 0000 to 9999`)
  return new Date(Math.floor(ms)).toISOString()
}
