/** Which messages are kept for those who are away, and how they are written down. XEP-0160 1.0.1 section 3. Pure. */
import { NS } from '@rookery/protocol'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { DELAY_NS, delay } from '@rookery/protocol/xeps/delay'
import { HINTS_NS, hasHint } from '@rookery/protocol/xeps/hints'
import { Element, parseElement, writeElement } from '@rookery/protocol/xml'

/** Extensions that say nothing to somebody who reads them hours later. */
const passing = new Set(['http://jabber.org/protocol/chatstates', HINTS_NS, DELAY_NS, 'urn:xmpp:sid:0'])

/** Whether the message is worth keeping. [XEP-0160 3, XEP-0334 4] */
export function isKept(message: Message): boolean {
  if (message.type !== 'normal' && message.type !== 'chat') return false
  if (hasHint(message.element, 'no-store')) return false
  return hasHint(message.element, 'store') || message.element.childElements().some(isLasting)
}

function isLasting(child: Element): boolean {
  return child.ns === NS.client ? child.name !== 'thread' : !passing.has(child.ns)
}

const end = '</message>'

/** A kept message as it is delivered: with the moment it was received. [XEP-0160 2, XEP-0203 3] */
export function delivered(kept: string, at: number, host: Jid): string {
  if (!kept.endsWith(end)) return kept
  return kept.slice(0, -end.length) + writeElement(delay.build({ from: host, stamp: at }), NS.client) + end
}

/** Whom a kept message is from. */
export function senderOf(kept: string): Jid | undefined {
  const element = parseElement(kept, generous)
  const from = element instanceof Element ? element.attr('from') : undefined
  return from === undefined ? undefined : parseJid(from)
}

/** It was within the limits when it came. */
const generous = {
  bytes: 33_554_432,
  depth: 1024,
  elements: 1_000_000,
  attributes: 10_000,
  nameLength: 1024,
  prefixes: 1024,
}
