/** Message Fastening (XEP-0422 0.2.0): payloads that belong to an earlier message. What they mean, and who may fasten them, is not said here. */
import {
  anyChildren,
  attribute,
  boolean,
  type ElementCodec,
  element,
  nonEmpty,
  optionalAttribute,
} from '../codec/index.ts'
import type { Element } from '../xml/index.ts'

export const FASTEN_NS = 'urn:xmpp:fasten:0'

export interface Fastening {
  /** What its sender called the earlier message: its origin-id. */
  readonly id: string
  /** Takes earlier payloads of the same name away. [XEP-0422 3.4] */
  readonly clear?: boolean | undefined
  /** Empty on purpose: the payload is in what is encrypted. [XEP-0422 3.5] */
  readonly shell?: boolean | undefined
  /** The payloads, and an `<external/>` for each payload that stands beside. [XEP-0422 3.1, 3.2] */
  readonly payloads: readonly Element[]
}

export const applyTo: ElementCodec<Fastening> = element(FASTEN_NS, 'apply-to', {
  id: attribute('id', nonEmpty),
  clear: optionalAttribute('clear', boolean),
  shell: optionalAttribute('shell', boolean),
  payloads: anyChildren(),
})
