/** Resource binding (RFC 6120 section 7): the stream feature, the request and its answer are one element. Not Bind 2 (XEP-0386). */
import { address, type ElementCodec, element, optionalText } from '../codec/index.ts'
import type { Jid } from '../jid/index.ts'
import * as NS from '../namespaces.ts'
import { type Element, el } from '../xml/index.ts'

export interface Bind {
  /** The resource asked for, not prepared; missing or empty lets the server choose. [RFC6120 7.6, 7.7] */
  readonly resource?: string | undefined
  /** The full address that was bound. [RFC6120 7.6.1] */
  readonly jid?: Jid | undefined
}

export const bind: ElementCodec<Bind> = element(NS.bind, 'bind', {
  resource: optionalText('resource'),
  jid: optionalText('jid', address),
})

export const bindFeature: Element = el('bind', NS.bind)
