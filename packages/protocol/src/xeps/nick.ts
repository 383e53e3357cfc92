/** User Nickname (XEP-0172 1.1): what somebody calls themselves, published or in a subscription request. Shown, never trusted. [XEP-0172 7] */
import { type ElementCodec, element, ownText } from '../codec/index.ts'

/** The namespace, and the node. */
export const NICK_NS = 'http://jabber.org/protocol/nick'

/** Empty text takes the nickname back. */
export const nick: ElementCodec<{ readonly nick: string }> = element(NICK_NS, 'nick', { nick: ownText() })
