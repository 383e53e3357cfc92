/** Private XML Storage (XEP-0049 1.2): elements that a client keeps at its server, each known by its name and namespace, kept as they are. */
import { anyChildren, type ElementCodec, element } from '../codec/index.ts'
import type { Element } from '../xml/index.ts'

export const PRIVATE_NS = 'jabber:iq:private'

export interface PrivateStorage {
  /** What to keep, or, empty, what to look up. None at all is an error for the feature to answer. [XEP-0049 2.3] */
  readonly payloads: readonly Element[]
}

export const privateStorage: ElementCodec<PrivateStorage> = element(PRIVATE_NS, 'query', { payloads: anyChildren() })

/** Namespaces a server may refuse to keep things in. [XEP-0049 2.3] */
export function isReserved(ns: string): boolean {
  return ns === '' || ns === 'vcard-temp' || ns.startsWith('jabber:') || ns.startsWith('http://jabber.org/')
}
