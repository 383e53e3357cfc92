/** Stream Limits Advertisement (XEP-0478 0.2.0): what the other side of a stream takes. A stream feature. */
import { type ElementCodec, element, integer, optionalText } from '../codec/index.ts'

export const LIMITS_NS = 'urn:xmpp:stream-limits:0'

export interface Limits {
  /** Of one first-level element, in bytes. */
  readonly maxBytes?: number | undefined
  /** Seconds of silence after which the stream may be probed or ended. */
  readonly idleSeconds?: number | undefined
}

export const limits: ElementCodec<Limits> = element(LIMITS_NS, 'limits', {
  maxBytes: optionalText('max-bytes', integer(0)),
  idleSeconds: optionalText('idle-seconds', integer(0)),
})
