/** Dates and times as XMPP writes them (XEP-0082). */
export { parseDateTime } from '#date-time'
export {
  formatDate,
  formatDateTime,
  formatOffset,
  formatTime,
  parseDate,
  parseOffset,
  parseTime,
  type TimeOfDay,
} from './date-time.ts'
