/** Stanza Forwarding (XEP-0297 1.0): a stanza of somebody else, kept whole inside of another one. Whom to believe is not decided here. */
import { CodecError, type ElementCodec, element, type OptionalPart, optionalChild } from '../codec/index.ts'
import { type Element, isContentNamespace } from '../xml/index.ts'
import { type Delay, delay } from './delay.ts'

export const FORWARD_NS = 'urn:xmpp:forward:0'

export interface Forwarded {
  /** When the stanza was sent first. [XEP-0297 3.1] */
  readonly delay?: Delay | undefined
  /** With a namespace of its own, mostly `jabber:client`. */
  readonly stanza?: Element | undefined
}

const stanza: OptionalPart<Element> = {
  read: (element) => {
    let found: Element | undefined
    for (const child of element.children) {
      if (typeof child === 'string' || !isStanza(child)) continue
      if (found !== undefined) return new CodecError(`<${element.name}/> may hold one stanza only.`)
      found = child
    }
    return found
  },
  write: (value, draft) => {
    draft.children.push(value)
  },
}

export const forwarded: ElementCodec<Forwarded> = element(FORWARD_NS, 'forwarded', {
  delay: optionalChild(delay),
  stanza,
})

function isStanza({ name, ns }: Element): boolean {
  return isContentNamespace(ns) && (name === 'message' || name === 'presence' || name === 'iq')
}
