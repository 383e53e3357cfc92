/** What carries stanzas that must not be lost: the sessions tell it where to send them, and what has become of those it sent. */
import type { Maybe } from '@rookery/protocol'
import type { Session } from './session.ts'

/** A stanza of a carrier, which knows it again. */
export interface Carried {
  readonly wire: string
}

export interface Carrier {
  /** From now on stanzas are sent in this session. */
  open(session: Session): void
  /** The server has these. */
  acknowledged(carried: readonly Carried[]): void
  /** The server had handled so many of the session of before the program was started anew; a promise until that is kept. */
  handledBefore(h: number): Maybe<undefined>
  /** A session is gone for good, with these not acknowledged. */
  lost(rest: readonly Carried[], session?: Pick<Session, 'breaks' | 'ended'>): void
  /** Before it is opened for a new session: finds out which of the lost have arrived all the same. */
  settle(): Promise<undefined>
}
