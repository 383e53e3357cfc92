/** What the presence room tells others: who knows that a resource is there. */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { RosterItem } from '@rookery/storage'
import { type Service, service } from '../service.ts'
import type { Session } from '../session.ts'

export interface PresenceService {
  /** Whether `who` shares presence with this session: by subscription, or by directed presence. [RFC6121 8.5.3.1] */
  isKnownTo(session: Session, who: Jid): Maybe<boolean>
  /** Tells `contact` alone that the account is gone, or what its presence is (blocking and unblocking, XEP-0191). */
  hideFrom(local: string, contact: Jid): Maybe<undefined>
  showTo(local: string, contact: Jid): Maybe<undefined>
  /** Ends what an item stood for that was removed from the roster: tells the contact. [RFC6121 2.5.2] */
  endSubscriptions(local: string, contact: Jid, item: RosterItem): Maybe<undefined>
}

export const presenceService: Service<PresenceService> = service('presence')
