/** Dates and times as XMPP writes them (XEP-0082). */
export {
  formatDate,
  formatDateTime,
  formatOffset,
  formatTime,
  parseDate,
  parseDateTime,
  parseOffset,
  parseTime,
  type TimeOfDay,
} from './date-time.ts'
