/** Last Activity (XEP-0012 2.0): question and answer are the same element; the answer has seconds. What they count depends on who answers. */
import { type ElementCodec, element, integer, optionalAttribute, optionalOwnText } from '../codec/index.ts'

export const LAST_NS = 'jabber:iq:last'

export interface Last {
  /** Since the logout of an account, the last act of a resource, or the start of a server. [XEP-0012 2] */
  readonly seconds?: number | undefined
  /** The status of the last unavailable presence. [XEP-0012 3] */
  readonly status?: string | undefined
}

export const last: ElementCodec<Last> = element(LAST_NS, 'query', {
  seconds: optionalAttribute('seconds', integer(0)),
  status: optionalOwnText(),
})
