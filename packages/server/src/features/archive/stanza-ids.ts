/** The ids of messages in the archive as they stand in them, and those that are forged. XEP-0359 0.7.0 section 3. Pure. */

import { isBroken } from '@rookery/protocol/codec'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { originId, STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import { Element, type Node } from '@rookery/protocol/xml'

/** Longer names are no names: the message is kept each time it comes. */
const longestOrigin = 1000

/** Without the ids that claim to be this account's, or this host's, in any spelling; and without those that are nobody's. [XEP-0359 3.2, S58] */
export function withoutForgedIds(message: Message, account: Jid): Message {
  const { children } = message.element
  for (let i = 0; i < children.length; i++) if (isForged(children[i]!, account)) return withoutForged(message, account)
  return message
}

function withoutForged(message: Message, account: Jid): Message {
  const { element } = message
  return message.with({ element: element.withChildren(element.children.filter((child) => !isForged(child, account))) })
}

function isForged(child: Node, account: Jid): boolean {
  if (typeof child === 'string' || !child.is('stanza-id', STANZA_ID_NS)) return false
  const claimed = child.attr('by')
  const by = claimed === undefined ? undefined : parseJid(claimed)
  if (by === undefined) return true // [XEP-0359 3.5]
  return by.domain === account.domain && (by.local === account.local || by.isDomain)
}

/** With the id it has in the archive of the account. What was encoded need not be encoded again. [XEP-0313 3.4] */
export function withStanzaId(message: Message, by: Jid, id: string): Message {
  const { name, ns, attributes, children, inner } = message.element
  const mark = `<stanza-id xmlns='${STANZA_ID_NS}' by='${by.wire}' id='${id}'/>`
  const marked = [...children, new Element('stanza-id', STANZA_ID_NS, ['by', by.toString(), 'id', id], [])]
  return message.with({
    element: new Element(name, ns, attributes, marked, inner === undefined ? undefined : inner + mark),
  })
}

/** What its sender calls it, whoever that is. */
export function originOf(message: Element): string | undefined {
  const origin = originId.find(message)
  return origin === undefined || isBroken(origin) || origin.id.length > longestOrigin ? undefined : origin.id
}
