/** What stream management and client state indication know about a session, as push notifications ask for it. */
import type { Message } from '@rookery/protocol/stanza'
import type { Session } from '../../session.ts'
import { type Slot, slot } from '../../slot.ts'
import type { Watch } from './attention.ts'

/** On a session whose connection is gone, and whose client may come back to it. */
export const asleep: Slot<boolean> = slot('push:asleep', 'resumption', () => false)

export const watch: Watch = {
  isDetached: (session) => session.peek(asleep) === true,
  isInactive: ({ holdback }) => holdback !== undefined, // [XEP-0352 3]
}

/** What was sent to the client, and it has not said that it has. */
export function unacknowledgedOf(_session: Session): Iterable<Message> {
  return []
}
