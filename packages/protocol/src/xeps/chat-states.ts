/** Chat State Notifications (XEP-0085 2.1): whether somebody writes, reads or has left. When to send which is not decided here. */
import { type Element, el } from '../xml/index.ts'

export const CHAT_STATES_NS = 'http://jabber.org/protocol/chatstates'

export type ChatState = 'active' | 'composing' | 'paused' | 'inactive' | 'gone'

export const CHAT_STATES: readonly ChatState[] = ['active', 'composing', 'paused', 'inactive', 'gone']

/** The state that a message tells. A message has one [XEP-0085 5.6]; of several the first counts. */
export function chatStateOf(message: Element): ChatState | undefined {
  for (const child of message.children) {
    if (typeof child === 'string' || child.ns !== CHAT_STATES_NS) continue
    const state = CHAT_STATES.find((name) => name === child.name)
    if (state !== undefined) return state
  }
  return undefined
}

export function chatState(state: ChatState): Element {
  return el(state, CHAT_STATES_NS)
}
