/**
 * Marks in a message that only a server or a room makes, set by somebody else: delays in our name (XEP-0203 2.0 section 5), copies that are
 * none (XEP-0280 1.0.1 section 11), words of a room that is none (XEP-0045 1.35). Pure. Ids of archives (XEP-0359) are the archive's to strip.
 */
import { type Jid, parseJid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { isCopy } from '@rookery/protocol/xeps/carbons'
import { DELAY_NS } from '@rookery/protocol/xeps/delay'
import type { Element } from '@rookery/protocol/xml'

/** What XEP-0203 replaced; some clients still believe it. */
const OLD_DELAY_NS = 'jabber:x:delay'
const ROOM_NS = 'http://jabber.org/protocol/muc#user'

/** On which side of the server the message is, and for whom. */
export interface Place {
  readonly side: 'out' | 'in'
  readonly account: Jid
  readonly host: Jid
  /** Its sender is a user of ours, so no room and no other server. */
  readonly isFromUser: boolean
}

/** The message without what is forged; undefined when nothing is. */
export function withoutForged(message: Message, place: Place): Message | undefined {
  const { children } = message.element
  for (let i = 0; i < children.length; i++) {
    if (!isForged(children[i]!, message.from, place)) continue
    const genuine = children.filter((child) => !isForged(child, message.from, place))
    return message.with({ element: message.element.withChildren(genuine) })
  }
  return undefined
}

function isForged(child: Element | string, sender: Jid | undefined, place: Place): boolean {
  if (typeof child === 'string' || child.ns === 'jabber:client') return false
  if (isCopy(child)) return true // ours go straight to their session [S56]
  switch (child.ns) {
    case DELAY_NS:
      return child.name === 'delay' && isForgedDelay(child, sender, place)
    case OLD_DELAY_NS:
      return child.name === 'x' && isForgedDelay(child, sender, place)
    case ROOM_NS:
      // to a room it is how a client asks for something [XEP-0045 7.5, 7.8.2, S59]
      return child.name === 'x' && place.side === 'in' && place.isFromUser
    default:
      return false
  }
}

/** In any spelling; who sends it may say that he himself was late. [XEP-0203 5, XEP-0198 5, S59] */
function isForgedDelay(delay: Element, sender: Jid | undefined, { side, account, host }: Place): boolean {
  const text = delay.attr('from')
  const from = text === undefined ? undefined : parseJid(text)
  if (from === undefined || sender?.bare.equals(from.bare) === true) return false
  return from.equals(host) || (side === 'in' && from.bare.equals(account))
}
