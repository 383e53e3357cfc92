/** STARTTLS (RFC 6120 section 5): the stream feature and the request are one element, then proceed or failure. No TLS here. */
import { type ElementCodec, element, flag } from '../codec/index.ts'
import * as NS from '../namespaces.ts'
import { type Element, el } from '../xml/index.ts'

export interface StartTls {
  /** In the stream feature: nothing else works before. [RFC6120 5.3.1] */
  readonly required?: boolean | undefined
}

export const startTls: ElementCodec<StartTls> = element(NS.tls, 'starttls', { required: flag('required') })

/** TLS begins right after the `>` of this one. [RFC6120 5.4.2.3] */
export const proceed: Element = el('proceed', NS.tls)

/** The stream ends after it. [RFC6120 5.4.2.2] */
export const tlsFailure: Element = el('failure', NS.tls)
