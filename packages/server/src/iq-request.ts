/** A request as those who answer it see it. */
import type { Jid } from '@rookery/protocol/jid'
import type { Iq } from '@rookery/protocol/stanza'
import type { Element } from '@rookery/protocol/xml'
import type { Session } from './session.ts'

export interface IqRequest {
  readonly iq: Iq
  readonly payload: Element
  /** Who asks: a full JID for a client. */
  readonly from: Jid
  /** The account asked (bare JID), or the host. */
  readonly to: Jid
  /** The session it came from, when that is ours. */
  readonly session: Session | undefined
}
