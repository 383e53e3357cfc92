/** Entity Time (XEP-0202 2.0): question and answer are the same element, the question empty. It has no clock. */
import { dateTime, type ElementCodec, element, optionalText, type Text, trim } from '../codec/index.ts'
import { formatOffset, parseOffset } from '../dates/index.ts'

export const TIME_NS = 'urn:xmpp:time'

export interface Time {
  /** Minutes ahead of UTC. Required in an answer, as is `utc`. [XEP-0202 2] */
  readonly tzo?: number | undefined
  /** Milliseconds since 1970. */
  readonly utc?: number | undefined
}

const offset: Text<number> = {
  expected: 'an offset from UTC as in XEP-0082',
  decode: (text) => parseOffset(trim(text)),
  encode: formatOffset,
}

export const time: ElementCodec<Time> = element(TIME_NS, 'time', {
  tzo: optionalText('tzo', offset),
  utc: optionalText('utc', dateTime),
})
