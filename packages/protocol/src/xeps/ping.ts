/** XMPP Ping (XEP-0199 2.0.1): the question; the answer is an empty result. */
import { type ElementCodec, element } from '../codec/index.ts'
import { PING_NS } from './names.ts'

export { PING_NS }

export type Ping = Readonly<Record<never, never>>

export const ping: ElementCodec<Ping> = element(PING_NS, 'ping', {})
