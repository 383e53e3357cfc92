/**
 * Moderated Message Retraction (XEP-0425 0.3.0): a moderator takes back what somebody wrote in a room. Its messages are to be believed of
 * the room itself only. [XEP-0425 5] Also how version 0.2 put it on the wire, fastened to the message (XEP-0422).
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
import { type Jid, parseJid } from '../jid/index.ts'
import type { Element } from '../xml/index.ts'
import { FASTEN_NS } from './fasten.ts'
import { occupantId } from './occupant-id.ts'
import { RETRACTION_NS, RETRACTION_NS_0, retract0 } from './retraction.ts'

export const MODERATION_NS = 'urn:xmpp:message-moderate:1'
/** The namespace of version 0.2. */
export const MODERATION_NS_0 = 'urn:xmpp:message-moderate:0'

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

/** The same, as version 0.2 asks. `retract` is empty. */
export const moderate0: ElementCodec<{
  readonly id: string
  readonly moderate: { readonly retract: Record<never, never>; readonly reason?: string | undefined }
}> = element(FASTEN_NS, 'apply-to', {
  id: attribute('id', nonEmpty),
  moderate: child(element(MODERATION_NS_0, 'moderate', { retract: child(retract0), reason: optionalText('reason') })),
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

/** What a room of version 0.2 tells everybody. `retract` is empty. */
export const moderatedRetract0: ElementCodec<{
  readonly id: string
  readonly moderated: {
    readonly by?: Jid | undefined
    readonly retract: Record<never, never>
    readonly reason?: string | undefined
  }
}> = element(FASTEN_NS, 'apply-to', {
  id: attribute('id', nonEmpty),
  moderated: child(
    element(MODERATION_NS_0, 'moderated', {
      by: optionalAttribute('by', address),
      retract: child(retract0),
      reason: optionalText('reason'),
    }),
  ),
})

/**
 * `id`: of a message that a moderator took back, what the room called it; in either way of writing, or both, where some rooms give the reason
 * in one only. Undefined when the room tells something else.
 */
export function moderationOf(
  message: Element,
): { readonly id: string; readonly by: Jid | undefined; readonly reason: string | undefined } | undefined {
  const retract = message.child('retract', RETRACTION_NS)
  const fastened = message.child('apply-to', FASTEN_NS)
  const moderated = retract?.child('moderated', MODERATION_NS)
  const before = fastened?.child('moderated', MODERATION_NS_0)
  const id = (moderated && retract?.attr('id')) || (before?.child('retract', RETRACTION_NS_0) && fastened?.attr('id'))
  const by = parseJid(moderated?.attr('by') ?? before?.attr('by') ?? '')
  return id ? { id, by, reason: retract?.childText('reason') ?? before?.childText('reason') } : undefined
}
