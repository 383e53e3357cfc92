/** Last User Interaction in Presence (XEP-0319 1.0.2): since when somebody has not touched their device. It says nothing of being away. */
import { attribute, dateTime, type ElementCodec, element } from '../codec/index.ts'

export const IDLE_NS = 'urn:xmpp:idle:1'

export interface Idle {
  /** Milliseconds since 1970. */
  readonly since: number
}

export const idle: ElementCodec<Idle> = element(IDLE_NS, 'idle', { since: attribute('since', dateTime) })
