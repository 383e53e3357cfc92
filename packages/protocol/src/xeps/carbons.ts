/** Message Carbons (XEP-0280 1.0.1): copies of the messages that the other resources of an account send and receive. */
import { child, type ElementCodec, element } from '../codec/index.ts'
import type { Element } from '../xml/index.ts'
import { type Forwarded, forwarded } from './forward.ts'

export const CARBONS_NS = 'urn:xmpp:carbons:2'

/** A server that copies by exactly the rules of section 6.1. [XEP-0280 6.2] */
export const CARBONS_RULES_NS = 'urn:xmpp:carbons:rules:0'

export interface Copy {
  readonly forwarded: Forwarded
}

/** Requests, and inside of `<bind/>` of XEP-0386. [XEP-0280 4, 5] */
export const enable: ElementCodec<Record<never, never>> = element(CARBONS_NS, 'enable', {})
export const disable: ElementCodec<Record<never, never>> = element(CARBONS_NS, 'disable', {})

/** In a message from the own bare JID, and worth nothing in any other. [XEP-0280 7, 8, 11] */
export const received: ElementCodec<Copy> = element(CARBONS_NS, 'received', { forwarded: child(forwarded) })
export const sent: ElementCodec<Copy> = element(CARBONS_NS, 'sent', { forwarded: child(forwarded) })

/** In a message: no copies of this one. [XEP-0280 9] */
export const privately: ElementCodec<Record<never, never>> = element(CARBONS_NS, 'private', {})

/** Whether the element is what a server wraps a copy in. */
export function isCopy(child: Element): boolean {
  return child.ns === CARBONS_NS && (child.name === 'received' || child.name === 'sent')
}
