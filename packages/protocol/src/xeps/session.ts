/** Session establishment (RFC 3921 section 3): does nothing since RFC 6121, but old clients ask; advertised as optional. */
import { type ElementCodec, element, flag } from '../codec/index.ts'
import * as NS from '../namespaces.ts'
import { type Element, el } from '../xml/index.ts'

export interface Session {
  /** In the stream feature: a client need not ask (draft-cridland-xmpp-session-01). */
  readonly optional?: boolean | undefined
}

export const session: ElementCodec<Session> = element(NS.session, 'session', { optional: flag('optional') })

export const sessionFeature: Element = el('session', NS.session, undefined, [el('optional', NS.session)])
