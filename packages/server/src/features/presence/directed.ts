/**
 * Whom a session has sent presence directly, so that they are told when it ends. RFC 6121 section 4.6. Kept whether or
 * not the address is a subscriber: that can change during the session.
 */
import { type Jid, parseJid } from '@rookery/protocol/jid'
import type { Session } from '../../session.ts'
import { type Slot, type SlotText, slot } from '../../slot.ts'

/** One address a line: none has a line break in it. */
const addresses: SlotText<Map<string, Jid>> = {
  write: (known) => [...known.keys()].join('\n'),
  read(text) {
    const known = new Map<string, Jid>()
    for (const line of text.split('\n')) {
      const to = parseJid(line)
      if (to !== undefined) known.set(line, to)
    }
    return known
  },
}

export const directedTo: Slot<Map<string, Jid>> = slot(
  'presence:directed',
  'resumption',
  () => new Map<string, Jid>(),
  addresses,
)

/** False when there are too many; `limit` 0 is none. */
export function remember(session: Session, to: Jid, limit: number): boolean {
  const known = session.get(directedTo)
  const key = to.toString()
  if (known.has(key)) return true
  if (limit > 0 && known.size >= limit) return false
  known.set(key, to)
  return true
}

export function forget(session: Session, to: Jid): void {
  session.peek(directedTo)?.delete(to.toString())
}

/** The account ended a subscription: who was told so then is told nothing later. */
export function forgetContact(session: Session, contact: Jid): void {
  const known = session.peek(directedTo)
  if (known === undefined) return
  for (const [key, to] of known) if (to.bare.equals(contact)) known.delete(key)
}

/** All of them, once: they are told now. */
export function takeDirected(session: Session): Iterable<Jid> {
  const known = session.peek(directedTo)
  if (known === undefined || known.size === 0) return []
  session.set(directedTo, new Map())
  return known.values()
}

export function directed(session: Session): Iterable<Jid> {
  return session.peek(directedTo)?.values() ?? []
}

/** By any resource: a room where one is an occupant asks in the name of others. [RFC6121 8.5.3.1, XEP-0045 17.4] */
export function isDirectedTo(session: Session, who: Jid): boolean {
  for (const to of directed(session)) if (to.bare.equals(who.bare)) return true
  return false
}
