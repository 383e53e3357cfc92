/** What the roster room tells others: who may see whose presence, and how subscriptions are changed. */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { RosterItem } from '@rookery/storage'
import { type Service, service } from '../service.ts'

export interface RosterService {
  /** The roster of an account of this host, by bare JID; kept in memory while it is used. */
  items(local: string): Maybe<ReadonlyMap<string, RosterItem>>
  item(local: string, contact: Jid): Maybe<RosterItem | undefined>
  /** Whether `who` may see the presence of the account: its owner, or a contact with subscription from or both. */
  isSubscriber(local: string, who: Jid): Maybe<boolean>
  /**
   * Writes an item (undefined removes it); resolves once it is durable, and has then pushed it to interested resources
   * if it is listed, or was.
   */
  change(local: string, contact: Jid, to: RosterItem | undefined): Promise<undefined>
}

export const rosterService: Service<RosterService> = service('roster')
