/** Which messages are copied to the other resources of an account. XEP-0280 1.0.1 section 6.1, exactly, as section 6.2 wants. A pure decision. */
import { NS } from '@rookery/protocol'
import type { Message } from '@rookery/protocol/stanza'
import { CARBONS_NS } from '@rookery/protocol/xeps/carbons'
import { HINTS_NS } from '@rookery/protocol/xeps/hints'

const ROOM_NS = 'http://jabber.org/protocol/muc#user'
const INVITATION_NS = 'jabber:x:conference'

/** Payloads of instant messaging: receipts, chat states, markers. [XEP-0280 6.1] */
const ofChats = new Set(['urn:xmpp:receipts', 'http://jabber.org/protocol/chatstates', 'urn:xmpp:chat-markers:0'])

/** `side`: whether the account sent or received it; `answersCopied`: an error, and the message that it answers was copied. */
export function isEligible(message: Message, side: 'out' | 'in', answersCopied: boolean): boolean {
  const { type } = message
  if (type === 'groupchat') return false // [XEP-0280 6.1]
  const { children } = message.element
  let isOfChat = type === 'chat' // [XEP-0280 6.1]
  let isOfRoom = false
  let isInvitation = false
  for (let i = 0; i < children.length; i++) {
    const child = children[i]!
    if (typeof child === 'string') continue
    switch (child.ns) {
      case NS.client:
        if (child.name === 'body' && type === 'normal') isOfChat = true // [XEP-0280 6.1]
        break
      case CARBONS_NS:
        if (child.name === 'private') return false // [XEP-0280 6.1, 9]
        break
      case HINTS_NS:
        // in an error it is that of the message sent back [XEP-0334 5]
        if (child.name === 'no-copy' && type !== 'error') return false // [XEP-0280 9, XEP-0334 4.3]
        break
      case ROOM_NS:
        if (child.child('invite') === undefined) isOfRoom = true
        else isInvitation = true // [XEP-0280 6.1]
        break
      case INVITATION_NS:
        isInvitation = true // [XEP-0280 6.1]
        break
      default:
        if (ofChats.has(child.ns)) isOfChat = true
    }
  }
  if (type === 'error') return answersCopied // [XEP-0280 6.1]
  if (isInvitation) return true
  // a room gives a private message to each client that is there [XEP-0280 6.1]
  if (isOfRoom && side === 'in' && message.from?.isFull === true) return false
  return isOfChat
}

/** A private message to somebody in a room: a client that is not there cannot answer. [XEP-0280 6.1] */
export function isToOccupant(message: Message): boolean {
  return message.to?.isFull === true && message.element.child('x', ROOM_NS) !== undefined
}
