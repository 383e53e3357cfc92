/** One stanza on its way through one side of the server: what the phases of a journey are given. */
import type { Jid } from '@rookery/protocol/jid'
import type { Message, Stanza, StanzaError } from '@rookery/protocol/stanza'
import type { Delivery } from './delivery.ts'
import type { Session } from './session.ts'
import type { TripSlot } from './slot.ts'

/** `silence`: it goes no further and nobody is told (where an answer would tell a stranger too much). */
export type Refusal = StanzaError | 'silence'

/**
 * What the archive phase made of a message: it is in the archive of this side, or was there already; it is in the spool, until a client has it;
 * there was no room for it.
 */
export type Kept = 'kept' | 'duplicate' | 'spooled' | 'full'

/** What the archive phase says of a message that was there already, and how it stands there. */
export interface Duplicate {
  readonly earlier: Message
  readonly id: number
}

/** A trip as most phases may see it. */
export interface Trip<S extends Stanza = Stanza> {
  readonly stanza: S
  /** `out`: on the side of its sender; `in`: on the side of its recipient. */
  readonly side: 'out' | 'in'
  /** The account whose side this is (a bare JID we host). */
  readonly account: Jid
  /** The session it was received from, when that is ours. */
  readonly origin: Session | undefined
  /** When the server took it, in milliseconds since the epoch, if that was earlier than now: it comes back from a session that ended. */
  readonly at: number | undefined
  /** Under which id (archive-ids.ts) this side keeps it, 0 as long as nobody does: set by the feature that will. */
  id: number
  /** What became of it in the archive phase of this side; known from the copy phase on. */
  readonly kept: Kept | undefined
  /** On the recipient's side: sessions that the stanza itself is delivered to; known from the copy phase on. */
  readonly reached: readonly Session[]
  /** What becomes of it in these sessions; those that get a copy of it may answer for it, too. */
  readonly delivery: Delivery | undefined
  /** What a feature has remembered of it in an earlier phase. */
  recall<T>(slot: TripSlot<T>): T | undefined
  remember<T>(slot: TripSlot<T>, value: T | undefined): void
}
