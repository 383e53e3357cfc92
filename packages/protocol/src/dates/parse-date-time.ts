/** A moment as XMPP writes it (XEP-0082 1.1.1), read strictly: see date-time.ts. Bundles for browsers get `parse-date-time-of-engine.ts` in its place. */
import { parseDate } from './date-time.ts'

const DAY = 86_400_000
/** 0000-01-01 */
const FIRST = -62_167_219_200_000
/** The end of 9999. */
const LAST = 253_402_300_799_999
const LONGEST = 64

/** `CCYY-MM-DDThh:mm:ss[.sss]TZD` as milliseconds since 1970 in UTC, or undefined. */
export function parseDateTime(text: string): number | undefined {
  const found = text.length > LONGEST ? null : dateTime.exec(text)
  if (found === null) return undefined
  const [, day = '', time, fraction = '', zone] = found
  if (parseDate(day) === undefined) return undefined
  const start = Date.parse(`${day}T${time ?? '00:00:00'}.${fraction.slice(0, 3).padEnd(3, '0')}${zone}`)
  const moment = time === undefined ? start + DAY : start
  return moment < FIRST || moment > LAST ? undefined : moment
}

/** The zone is required. [XEP-0082 3.2] */
const dateTime =
  /^(\d{4}-\d\d-\d\d)T(?:((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d+))?|24:00:00(?:\.0+)?)(Z|[+-](?:0\d:[0-5]\d|1[0-3]:[0-5]\d|14:00))$/
