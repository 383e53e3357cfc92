/** What stream management sees of a connection, and what it remembers of what went over it. XEP-0198 1.6.3 */
import type { StreamError } from '@rookery/protocol/stream'
import type { Element } from '@rookery/protocol/xml'
import type { Delivery } from '../delivery.ts'
import type { SessionLink } from '../session.ts'

/** A connection as stream management needs it. */
export interface Line extends SessionLink {
  /** What is written now answers a request of the client. */
  readonly isAnswering: boolean
  /** Sends an element that is no stanza, so is not counted. */
  send(element: Element): void
  /** Asks for an acknowledgement, behind whatever else is written in this turn. */
  askForAcknowledgement(): void
  /** The session goes on elsewhere: ends with an error, without the session. */
  supersede(error: StreamError): void
}

/** What was sent, and not acknowledged. */
export interface Sent {
  /** Its place among all stanzas to the session, the first is 1. */
  readonly seq: number
  readonly wire: string
  /** When it was sent, in milliseconds since the epoch. */
  readonly at: number
  /** The message it is, if it was delivered by the corridor. */
  readonly delivery: Delivery | undefined
  /** An answer that the client asked for. */
  readonly isAsked: boolean
  isStored: boolean
}

/** What waits in the session for those that go first is stored behind what was sent: its places are not known yet. */
export const heldFrom: number = 2 ** 48
