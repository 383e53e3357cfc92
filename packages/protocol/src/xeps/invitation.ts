/** Direct MUC Invitations (XEP-0249 1.2): into a room, past the room. Those that the room passes on are in muc.ts. */
import { address, attribute, boolean, type ElementCodec, element, optionalAttribute, string } from '../codec/index.ts'
import type { Jid } from '../jid/index.ts'

export const INVITATION_NS = 'jabber:x:conference'

export interface Invitation {
  /** The room. */
  readonly jid: Jid
  readonly password?: string | undefined
  readonly reason?: string | undefined
  /** The room goes on with a chat of two, the thread of which may be given. */
  readonly continue?: boolean | undefined
  readonly thread?: string | undefined
}

/** [XEP-0249 2] */
export const invitation: ElementCodec<Invitation> = element(INVITATION_NS, 'x', {
  jid: attribute('jid', address),
  password: optionalAttribute('password', string),
  reason: optionalAttribute('reason', string),
  continue: optionalAttribute('continue', boolean),
  thread: optionalAttribute('thread', string),
})
