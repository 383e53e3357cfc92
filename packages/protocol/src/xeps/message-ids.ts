/**
 * By what id others refer to a message: the rule that XEP-0333 4.3, XEP-0444 4.2 and XEP-0461 4.1 share, with the ids of XEP-0359 0.7.0.
 * In rooms it is also that of retractions (XEP-0424 5.1), which between two name the attribute `id`. Corrections (XEP-0308) and receipts
 * (XEP-0184) name the attribute in rooms too.
 */
import { intact } from '../codec/index.ts'
import type { Jid } from '../jid/index.ts'
import type { Element } from '../xml/index.ts'
import { originId, stanzaIdBy } from './stanza-id.ts'

/** `room`: the room's address, when it is a message of a room. Undefined: it cannot be referred to. */
export function referenceId(message: Element, room?: Jid): string | undefined {
  return room === undefined ? (originOf(message) ?? (message.attr('id') || undefined)) : stanzaIdBy(message, room)
}

/** Whether a reference means this message. Between two people some name the origin-id, and some the attribute `id`. */
export function isReferredBy(message: Element, id: string, room?: Jid): boolean {
  if (room !== undefined) return stanzaIdBy(message, room) === id
  return message.attr('id') === id || originOf(message) === id
}

function originOf(message: Element): string | undefined {
  return intact(originId.find(message))?.id
}
