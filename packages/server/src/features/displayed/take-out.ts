/** Takes `<displayed/>` out of a message that a client sends. XEP-0490 4.5.3. A pure decision. */
import { DISPLAYED_NS } from '@rookery/protocol/xeps/displayed'
import { STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import type { Element } from '@rookery/protocol/xml'

export interface TakenOut {
  /** The message without any of them. */
  readonly rest: Element
  /** What to publish; undefined where that is not clear: there are several, or there is no stanza-id or more than one in it. */
  readonly displayed: Element | undefined
}

/** Undefined: there is none, as in nearly every message. */
export function takeOut(message: Element): TakenOut | undefined {
  const first = message.child('displayed', DISPLAYED_NS)
  if (first === undefined) return undefined
  const rest = message.children.filter((node) => typeof node === 'string' || !node.is('displayed', DISPLAYED_NS))
  const isOne = rest.length === message.children.length - 1
  return { rest: message.withChildren(rest), displayed: isOne && hasOneId(first) ? first : undefined }
}

/** The ids themselves are opaque. [XEP-0490 4.1, 5.2] */
function hasOneId(displayed: Element): boolean {
  return displayed.childElements().filter((child) => child.is('stanza-id', STANZA_ID_NS)).length === 1
}
