/** What carries stanzas that must not be lost: the sessions tell it where to send them, and what has become of those it sent. */
import type { ClientError } from './errors.ts'

/** A stanza of a carrier, which knows it again. */
export interface Carried {
  readonly wire: string
}

/** A session, as a carrier knows it. */
export interface CarryingSession {
  /** Missing while it has none. */
  readonly connection: unknown
  /** `run` tells it, in this program, from all others; where a program started anew may go on with it, it is in the row `session` of the store. */
  readonly management: { readonly run: number } | undefined
  /** Whether the server has all that was sent. */
  readonly isIdle: boolean
  /** What was sent and not acknowledged, in order. */
  readonly unacknowledged: readonly Carried[]
  /** How many connections have ended, one after the other, with something on its way that the server has not taken; and why the last did. */
  readonly breaks: number
  readonly ended: ClientError | undefined
  /** The answer is the number of the stanza in this session. */
  send(wire: string, entry: Carried): number
}

export interface Carrier {
  /** Finds out which of those that were lost have arrived all the same; then, and with the answer, stanzas are sent in this session. */
  open(session: CarryingSession): Promise<undefined>
  /** The server has these. */
  acknowledged(carried: readonly Carried[]): void
  /** The server had handled so many of the session of before the program was started anew. */
  handledBefore(h: number): void
  /** A session is gone for good, with these not acknowledged. */
  lost(rest: readonly Carried[], session?: Pick<CarryingSession, 'breaks' | 'ended'>): void
}
