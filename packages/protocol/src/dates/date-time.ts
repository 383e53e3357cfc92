/**
 * The date and time profiles of XMPP (XEP-0082 1.1.1): strict to read, one form to write. Not a calendar, and no clock.
 *
 * Where the XEP and XML Schema differ, Schema rules [XEP-0082 3.1]: `24:00:00` is the midnight that ends the day, an offset is at
 * most 14 hours, and second 60 does not exist. A leap second is therefore refused, not rounded: whoever reads a stamp has to have
 * an answer for a missing one anyway. Years are 0000 to 9999, also after the offset is taken off. Of a fraction, milliseconds
 * are kept and further digits are cut, not rounded [XEP-0082 3.2].
 */
const DAY = 86_400_000
const HOUR = 3_600_000
const MINUTE = 60_000
const FIRST: number = daysFrom(0, 1, 1) * DAY
const LAST: number = daysFrom(10_000, 1, 1) * DAY - 1
/** Longer texts are refused unread: no sender means a thirtieth digit of a second. */
const LONGEST = 64

/** `CCYY-MM-DDThh:mm:ss[.sss]TZD` as milliseconds since 1970 in UTC, or undefined. */
export function parseDateTime(text: string): number | undefined {
  if (text.length > LONGEST || text[10] !== 'T') return undefined
  const day = parseDate(text.slice(0, 10))
  const clock = parseTime(text.slice(11))
  if (day === undefined || clock?.offset === undefined) return undefined // the zone is required [XEP-0082 3.2]
  const moment = day + clock.ms - clock.offset * MINUTE
  return moment < FIRST || moment > LAST ? undefined : moment
}

/** `CCYY-MM-DD` as milliseconds since 1970 of its midnight in UTC, or undefined. */
export function parseDate(text: string): number | undefined {
  if (text.length !== 10 || text[4] !== '-' || text[7] !== '-') return undefined
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  return daysFrom(year, month, day) * DAY
}

export interface TimeOfDay {
  /** Milliseconds since midnight; `24:00:00` is a whole day. */
  readonly ms: number
  /** Minutes ahead of UTC, when a zone was given. */
  readonly offset: number | undefined
}

/** `hh:mm:ss[.sss][TZD]`, or undefined. */
export function parseTime(text: string): TimeOfDay | undefined {
  if (text.length > LONGEST || text[2] !== ':' || text[5] !== ':') return undefined
  const hour = digits(text, 0, 2)
  const minute = digits(text, 3, 2)
  const second = digits(text, 6, 2)
  if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || second < 0 || second > 59) return undefined
  let at = 8
  let fraction = 0
  let beyond = false // any digit but zero in the fraction, counted or cut
  if (text[at] === '.') {
    let weight = 100
    const start = ++at
    for (; isDigit(text.charCodeAt(at)); at++) {
      const digit = text.charCodeAt(at) - 48
      if (digit > 0) beyond = true
      if (at - start < 3) fraction += digit * weight
      weight /= 10
    }
    if (at === start) return undefined
  }
  const ms = hour * HOUR + minute * MINUTE + second * 1000 + fraction
  if (ms > DAY || (hour === 24 && beyond)) return undefined
  if (at === text.length) return { ms, offset: undefined }
  const offset = parseOffset(text.slice(at))
  return offset === undefined ? undefined : { ms, offset }
}

/** A time zone definition, `Z` or `+hh:mm` or `-hh:mm`, as minutes ahead of UTC, or undefined. */
export function parseOffset(text: string): number | undefined {
  if (text === 'Z') return 0
  const sign = text[0] === '+' ? 1 : text[0] === '-' ? -1 : 0
  if (sign === 0 || text.length !== 6 || text[3] !== ':') return undefined
  const hours = digits(text, 1, 2)
  const minutes = digits(text, 4, 2)
  if (hours < 0 || minutes < 0 || minutes > 59 || hours * 60 + minutes > 14 * 60) return undefined
  return sign * (hours * 60 + minutes) || 0
}

/** Milliseconds since 1970 as `CCYY-MM-DDThh:mm:ss[.sss]Z`; the fraction is written when there is one. */
export function formatDateTime(ms: number): string {
  const whole = Math.floor(ms)
  const day = Math.floor(whole / DAY)
  return `${formatDate(whole)}T${formatTime(whole - day * DAY)}Z`
}

/** The UTC day of a moment as `CCYY-MM-DD`. */
export function formatDate(ms: number): string {
  if (!(ms >= FIRST && ms <= LAST)) throw new RangeError(`${ms} is not a moment of the years 0000 to 9999`)
  const [year, month, day] = civil(Math.floor(ms / DAY))
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`
}

/** Milliseconds since midnight as `hh:mm:ss[.sss]`, without a zone. */
export function formatTime(ms: number): string {
  if (!(ms >= 0 && ms < DAY)) throw new RangeError(`${ms} is not within a day`)
  const whole = Math.floor(ms)
  const clock = `${pad(Math.floor(whole / HOUR), 2)}:${pad(Math.floor(whole / MINUTE) % 60, 2)}:${pad(Math.floor(whole / 1000) % 60, 2)}`
  return whole % 1000 === 0 ? clock : `${clock}.${pad(whole % 1000, 3)}`
}

/** Minutes ahead of UTC as `Z`, `+hh:mm` or `-hh:mm`. */
export function formatOffset(minutes: number): string {
  if (!Number.isInteger(minutes) || Math.abs(minutes) > 14 * 60) throw new RangeError(`${minutes} is not an offset`)
  if (minutes === 0) return 'Z'
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60), 2)}:${pad(size % 60, 2)}`
}

/** The number written at a place with exactly so many digits, or -1. */
function digits(text: string, at: number, count: number): number {
  let value = 0
  for (let index = at; index < at + count; index++) {
    const code = text.charCodeAt(index)
    if (!isDigit(code)) return -1
    value = value * 10 + code - 48
  }
  return value
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0')
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar; years are counted from March, so that the leap day comes last. */
function daysFrom(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1
  const monthOfYear = month > 2 ? month - 3 : month + 9
  const leaps = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400)
  return shifted * 365 + leaps + Math.floor((monthOfYear * 153 + 2) / 5) + day - 1 - 719_468
}

function civil(days: number): [year: number, month: number, day: number] {
  const date = new Date(days * DAY)
  return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()]
}
