/** Initial Authentication Pipelining (XEP-0509 0.2.0): by which a client that does not wait for the offers says which ones it goes by. */
import { attribute, type ElementCodec, element, optionalAttribute, string } from '../codec/index.ts'
import { type Element, el } from '../xml/index.ts'

export const PIPELINING_NS = 'urn:xmpp:iap:0'

export interface ConfigVersion {
  /** `opaque` when it is missing. */
  readonly scheme?: string | undefined
  readonly value: string
}

/** A stream feature, and inside of `<authenticate/>`. [XEP-0509 2.1, 2.2] */
export const configVersion: ElementCodec<ConfigVersion> = element(PIPELINING_NS, 'config-version', {
  scheme: optionalAttribute('scheme', string),
  value: attribute('value', string),
})

/** Why a login was aborted without prejudice. [XEP-0509 2.2] */
export const configVersionMismatch: Element = el('config-version-mismatch', PIPELINING_NS)
