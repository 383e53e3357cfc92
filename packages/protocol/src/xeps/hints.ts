/** Message Processing Hints (XEP-0334 1.0.0): empty children of a message that ask servers to keep or copy it, or not to. */
import type { Element } from '../xml/index.ts'
import { el } from '../xml/index.ts'

export const HINTS_NS = 'urn:xmpp:hints'

export type Hint = 'no-permanent-store' | 'no-store' | 'no-copy' | 'store'

export function hasHint(message: Element, hint: Hint): boolean {
  return message.child(hint, HINTS_NS) !== undefined
}

export function hint(name: Hint): Element {
  return el(name, HINTS_NS)
}
