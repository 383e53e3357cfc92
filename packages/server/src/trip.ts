/** One stanza on its way through one side of the server: what the phases of a journey are given. */
import type { Jid } from '@rookery/protocol/jid'
import type { Stanza, StanzaError } from '@rookery/protocol/stanza'
import type { Session } from './session.ts'

/** `silence`: it goes no further and nobody is told (where an answer would tell a stranger too much). */
export type Refusal = StanzaError | 'silence'

/** A trip as most phases may see it. */
export interface Trip<S extends Stanza = Stanza> {
  readonly stanza: S
  /** `out`: on the side of its sender; `in`: on the side of its recipient. */
  readonly side: 'out' | 'in'
  /** The account whose side this is (a bare JID we host). */
  readonly account: Jid
  /** The session it was received from, when that is ours. */
  readonly origin: Session | undefined
  /** Sessions that the stanza itself has been delivered to; known from the deliver phase on. */
  readonly reached: readonly Session[]
}
