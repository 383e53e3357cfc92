/** Which messages are worth waking a device for. Not whether anybody is there: attention.ts. XEP-0357 0.4.1 leaves it to the server. Pure. */
import type { Jid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { DELAY_NS } from '@rookery/protocol/xeps/delay'
import type { Element } from '@rookery/protocol/xml'

/** Namespaces of encrypted contents; what OMEMO sends without a payload only moves keys. [XEP-0384 5.4] */
const omemo = new Set(['eu.siacs.conversations.axolotl', 'urn:xmpp:omemo:1', 'urn:xmpp:omemo:2'])
const encrypted = new Set(['urn:xmpp:openpgp:0', 'jabber:x:encrypted'])
const calls = new Set(['{urn:xmpp:jingle-message:0}propose', '{urn:xmpp:call-invites:0}invite'])
const MUC_USER_NS = 'http://jabber.org/protocol/muc#user'
const CONFERENCE_NS = 'jabber:x:conference'

export type Worth = 'message' | 'call'

/** `account`: whose device would be woken. */
export function worthOf(message: Message, account: Jid): Worth | undefined {
  const { type, element, from } = message
  if (type === 'error' || type === 'headline') return undefined
  if (from?.bare.equals(account)) return undefined // what another device of the account sent
  // what a room tells somebody who joins is not new
  if (type === 'groupchat' && element.child('delay', DELAY_NS) !== undefined) return undefined
  const isToAll = type === 'groupchat'
  let worth: Worth | undefined
  for (const child of element.children) {
    if (typeof child === 'string') continue
    if (!isToAll && calls.has(`{${child.ns}}${child.name}`)) return 'call'
    if (isText(child, element) || isSecret(child) || (!isToAll && isInvitation(child))) worth = 'message'
  }
  return worth
}

/** What it says to everybody; undefined for an encrypted message, whose body only excuses itself. */
export function plainTextOf(message: Message): string | undefined {
  return message.element.childElements().some(isSecret) ? undefined : message.element.childText('body')
}

function isText(child: Element, message: Element): boolean {
  return child.name === 'body' && child.ns === message.ns && child.children.length > 0
}

function isSecret(child: Element): boolean {
  return omemo.has(child.ns) ? child.child('payload') !== undefined : encrypted.has(child.ns)
}

/** Into a room, by the room or by a friend. [XEP-0045 7.8.2, XEP-0249 2] */
function isInvitation(child: Element): boolean {
  return child.is('x', CONFERENCE_NS) || (child.is('x', MUC_USER_NS) && child.child('invite') !== undefined)
}
