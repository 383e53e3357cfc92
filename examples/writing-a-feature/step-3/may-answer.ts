/** Whether a message may be answered with a note. A pure decision: no session, no storage, no clock. */
import type { Message } from '@rookery/protocol/stanza'

/** `told`: the accounts whose note the sender has had already, as bare JIDs. */
export function mayAnswer(message: Message, told: ReadonlySet<string>): boolean {
  if (message.to === undefined || told.has(message.to.bare.toString())) return false
  if (message.from?.bare.equals(message.to.bare)) return false // they know
  // an error must never be answered, and a headline or a room expects nothing [RFC6121 5.2.2]
  if (message.type !== 'chat' && message.type !== 'normal') return false
  return message.element.child('body') !== undefined // a typing notification is no message to a person
}
