/**
 * Moderated Message Retraction (XEP-0425 0.3.0): a moderator takes back what somebody wrote in a room. Its messages are to be believed of
 * the room itself only. [XEP-0425 5]
 */
import {
  address,
  attribute,
  child,
  dateTime,
  type ElementCodec,
  element,
  mapped,
  nonEmpty,
  optionalAttribute,
  optionalChild,
  optionalText,
} from '../codec/index.ts'
import type { Jid } from '../jid/index.ts'
import { occupantId } from './occupant-id.ts'
import { RETRACTION_NS } from './retraction.ts'

export const MODERATION_NS = 'urn:xmpp:message-moderate:1'

export interface Moderate {
  /** Of the message: what the room called it. */
  readonly id: string
  readonly action: 'retract'
  /** For people to read. */
  readonly reason?: string | undefined
}

/** What a moderator asks of a room, in an IQ. [XEP-0425 3] */
export const moderate: ElementCodec<Moderate> = element(MODERATION_NS, 'moderate', {
  id: attribute('id', nonEmpty),
  action: mapped(
    child(element(RETRACTION_NS, 'retract', {})),
    () => 'retract' as const,
    () => ({}),
  ),
  reason: optionalText('reason'),
})

export interface Moderator {
  /** The moderator's address in the room; a room may keep it to itself. [XEP-0425 4] */
  readonly by?: Jid | undefined
  readonly occupant?: { readonly id: string } | undefined
}

const moderated: ElementCodec<Moderator> = element(MODERATION_NS, 'moderated', {
  by: optionalAttribute('by', address),
  occupant: optionalChild(occupantId),
})

export interface ModeratedRetraction {
  /** Of the message taken back: what the room called it. */
  readonly id: string
  readonly moderated: Moderator
  readonly reason?: string | undefined
}

/** What a room tells everybody; broken when its author took the message back. [XEP-0425 3.1] */
export const moderatedRetract: ElementCodec<ModeratedRetraction> = element(RETRACTION_NS, 'retract', {
  id: attribute('id', nonEmpty),
  moderated: child(moderated),
  reason: optionalText('reason'),
})

export interface ModeratedTombstone {
  /** Milliseconds since 1970 in UTC. */
  readonly stamp?: number | undefined
  readonly moderated: Moderator
  readonly reason?: string | undefined
}

/** What an archive has in the place of the message; broken when its author took it back. [XEP-0425 4] */
export const moderatedTombstone: ElementCodec<ModeratedTombstone> = element(RETRACTION_NS, 'retracted', {
  stamp: optionalAttribute('stamp', dateTime),
  moderated: child(moderated),
  reason: optionalText('reason'),
})
