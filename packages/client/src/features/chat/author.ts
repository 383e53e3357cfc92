/** Whether two messages are by the same person: who corrects or takes back a message has to be its author (XEP-0308 4, XEP-0424 5). */
import type { Jid } from '@rookery/protocol/jid'

/** What to keep of a message, to know later whether something else is by the same author. */
export interface Authored {
  /** Where it was said: the bare address of the contact or the room; the full one of an occupant in private. */
  readonly peer: Jid | string
  /** Who said it, as the server or the room vouches for it. Not for people to read. */
  readonly author: string
}

/** Apply it before a correction or a retraction: others can name any message. */
export function isBySameAuthor(original: Authored, later: Authored): boolean {
  return original.author === later.author && original.peer.toString() === later.peer.toString()
}
