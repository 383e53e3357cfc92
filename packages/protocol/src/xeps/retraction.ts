/**
 * Message Retraction (XEP-0424 0.4.2): somebody takes back what they wrote. Also how version 0.3 put it on the wire, fastened to the
 * message (XEP-0422). Whether the two are by the same author is for the reader to see.
 */
import {
  attribute,
  dateTime,
  type ElementCodec,
  element,
  intact,
  nonEmpty,
  optionalAttribute,
  string,
} from '../codec/index.ts'
import type { Element } from '../xml/index.ts'
import { FASTEN_NS } from './fasten.ts'

export const RETRACTION_NS = 'urn:xmpp:message-retract:1'
/** Retracted messages are replaced in the archive. [XEP-0424 4] */
export const RETRACTION_TOMBSTONE = 'urn:xmpp:message-retract:1#tombstone'
/** The namespace of version 0.3. */
export const RETRACTION_NS_0 = 'urn:xmpp:message-retract:0'

/** `id`: of the message to forget; what its sender, or in a room the room, called it. [XEP-0424 3, 5.1] */
export const retract: ElementCodec<{ readonly id: string }> = element(RETRACTION_NS, 'retract', {
  id: attribute('id', nonEmpty),
})

export interface Retracted {
  /** Of the message that took it back. */
  readonly id: string
  /** When that was, in milliseconds since 1970 in UTC. */
  readonly stamp?: number | undefined
  /** Who did it, in a room that is moderated (XEP-0425). */
  readonly by?: string | undefined
}

/** Stands in the place of what a message said. [XEP-0424 4] */
export const retracted: ElementCodec<Retracted> = element(RETRACTION_NS, 'retracted', {
  id: attribute('id', nonEmpty),
  stamp: optionalAttribute('stamp', dateTime),
  by: optionalAttribute('by', string),
})

/** Stands inside of a fastening. */
export const retract0: ElementCodec<Record<never, never>> = element(RETRACTION_NS_0, 'retract', {})

export const retracted0: ElementCodec<{ readonly stamp?: number | undefined }> = element(RETRACTION_NS_0, 'retracted', {
  stamp: optionalAttribute('stamp', dateTime),
})

/** Which message this one takes back, in either way of writing; undefined when it is no retraction. */
export function retractedBy(message: Element): string | undefined {
  const plain = intact(retract.find(message))
  if (plain !== undefined) return plain.id
  const fastened = message.child('apply-to', FASTEN_NS)
  const isCleared = /^(?:true|1)$/.test(fastened?.attr('clear') ?? '')
  return (!isCleared && fastened?.child('retract', RETRACTION_NS_0) && fastened.attr('id')) || undefined
}

/** Whether an archive has this in the place of a message that its author or a moderator took back, in either way of writing. [XEP-0424 4] [XEP-0425 4] */
export function isTombstone(message: Element): boolean {
  return message.childElements().some(
    ({ name, ns }) =>
      (name === 'retracted' && ns.startsWith('urn:xmpp:message-retract:')) ||
      (name === 'moderated' && ns === 'urn:xmpp:message-moderate:0'), // one that a moderator left is within
  )
}
