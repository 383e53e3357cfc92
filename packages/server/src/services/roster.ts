/** What the roster room tells others: who may see whose presence, and how subscriptions are changed. */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { StanzaError } from '@rookery/protocol/stanza'
import type { RosterItem } from '@rookery/storage'
import { type Service, service } from '../service.ts'
import type { Session } from '../session.ts'

export interface RosterService {
  /** The roster of an account of this host, by bare JID, unlisted items too; kept in memory while it is used. */
  items(local: string): Maybe<ReadonlyMap<string, RosterItem>>
  item(local: string, contact: Jid): Maybe<RosterItem | undefined>
  /** Whether `who` may see the presence of the account: its owner, or a contact with subscription from or both. */
  isSubscriber(local: string, who: Jid): Maybe<boolean>
  /** Sessions that asked for the roster, available or not. [RFC6121 2.2] */
  interested(local: string): readonly Session[]
  /**
   * Changes what the roster says of a contact (bare JID). Changes of one account take turns: `decide` is given the item
   * as it is and must answer at once, with a step, an error to give back, or undefined when nothing is to be done.
   */
  change(
    local: string,
    contact: Jid,
    decide: (item: RosterItem | undefined) => RosterStep | StanzaError | undefined,
  ): Maybe<StanzaError | undefined>
}

/** One change, and what follows it in this order: durable, `durable`, push, `pushed`. */
export interface RosterStep {
  /** The item from now on, undefined for none; the very item that was given to leave it. */
  readonly item: RosterItem | undefined
  /** Comes before the push. [RFC6121 3.1.6] */
  readonly durable?: () => undefined
  /** Comes after the push. Who called `change` waits for it, the next change does not: it may reach other accounts. */
  readonly pushed?: () => Maybe<undefined>
}

export const rosterService: Service<RosterService> = service('roster')
