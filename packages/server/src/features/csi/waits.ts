/**
 * What can wait while nobody looks at a client, and what cannot. XEP-0352 1.0.0 section 3.2 leaves that to the server. A pure decision: what is
 * not known to be able to wait goes at once.
 */
import { NS } from '@rookery/protocol'
import type { Message, Stanza } from '@rookery/protocol/stanza'
import { CARBONS_NS, isCopy } from '@rookery/protocol/xeps/carbons'
import { FORWARD_NS } from '@rookery/protocol/xeps/forward'
import { HINTS_NS } from '@rookery/protocol/xeps/hints'
import { STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import type { Element } from '@rookery/protocol/xml'

const CHAT_STATES_NS = 'http://jabber.org/protocol/chatstates'
const EVENT_NS = 'http://jabber.org/protocol/pubsub#event'

export interface Policy {
  readonly presence: boolean
  readonly chatStates: boolean
  /** Nodes of personal eventing whose news can wait. */
  readonly quietNodes: ReadonlySet<string>
}

/** `NOW`; `LATER`; or a text: later, and not at all when something newer with the same text comes. */
export const NOW = 0
export const LATER = 1
export type Wait = typeof NOW | typeof LATER | string

/** `own`: the full JID of the client, as it stands on the wire. `stanza` where it is at hand. */
export function waitOf(wire: string, stanza: Stanza | undefined, own: string, policy: Policy): Wait {
  if (wire.startsWith('<presence')) return policy.presence ? ofPresence(wire, own) : NOW
  // what comes without its stanza was kept for long enough
  return stanza?.kind === 'message' ? ofMessage(stanza, policy) : NOW
}

/** The newest presence of each resource, and of each of those in a room. */
function ofPresence(wire: string, own: string): Wait {
  const head = wire.slice(0, wire.indexOf('>'))
  const type = attributeOf(head, 'type')
  const from = attributeOf(head, 'from')
  // requests and errors are for the person; the own presence answers what the client has just done
  if ((type !== undefined && type !== 'unavailable') || from === undefined || from === own) return NOW
  if (wire.includes('muc#user') && (wire.includes("'110'") || wire.includes('"110"'))) return NOW // of oneself in a room
  return `p${from}`
}

/** As the writer of stanzas puts it down, who writes no quote into a value. */
function attributeOf(head: string, name: string): string | undefined {
  const at = head.indexOf(` ${name}='`)
  if (at < 0) return undefined
  const begin = at + name.length + 3
  return head.slice(begin, head.indexOf("'", begin))
}

function ofMessage({ element, type, from }: Message, policy: Policy): Wait {
  if (type === 'error') return NOW
  const [only] = element.children
  // a copy is as urgent as what is in it
  if (element.children.length === 1 && typeof only === 'object' && isCopy(only)) {
    const inner = only.child('forwarded', FORWARD_NS)?.child('message', NS.client)
    return inner !== undefined && isIdle(inner, policy) ? LATER : NOW
  }
  if (isIdle(element, policy)) return from === undefined ? LATER : `s${from}`
  return type === 'headline' && isQuietEvent(element, policy) ? LATER : NOW
}

/** Nothing but a chat state, and what servers and clients put beside one. */
function isIdle(message: Element, policy: Policy): boolean {
  if (!policy.chatStates || message.attr('type') === 'error') return false
  let hasState = false
  for (const child of message.children) {
    if (typeof child === 'string') continue
    if (child.ns === CHAT_STATES_NS) hasState = true
    else if (child.ns === HINTS_NS) {
      if (child.name === 'store') return false
    } else if (child.ns !== STANZA_ID_NS && child.ns !== CARBONS_NS && !child.is('thread', NS.client)) return false
  }
  return hasState
}

function isQuietEvent(message: Element, policy: Policy): boolean {
  if (message.child('body') !== undefined) return false
  const event = message.child('event', EVENT_NS)
  const items = event?.firstElement()
  const node = items?.attr('node')
  return node !== undefined && policy.quietNodes.has(node)
}
