/**
 * A moment as XMPP writes it (XEP-0082 1.1.1), for bundles for browsers: of the right shape, and what the engine takes it for. What is right
 * gives the same as `parse-date-time.ts`; of what is wrong some is read as well, as a day that the month does not have.
 */

/** `CCYY-MM-DDThh:mm:ss[.sss]TZD` as milliseconds since 1970 in UTC, or undefined. */
export function parseDateTime(text: string): number | undefined {
  const moment = text.length <= 64 && shape.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(moment) ? undefined : moment
}

/** The zone is required. [XEP-0082 3.2] */
const shape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
