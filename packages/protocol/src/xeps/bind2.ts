/** Bind 2 (XEP-0386 1.1.0): a resource, and the features of its session, in the same breath as the login. Not the binding of RFC 6120. */
import {
  attributesOf,
  type ElementCodec,
  element,
  foreignChildren,
  mapped,
  optionalChild,
  optionalText,
  string,
} from '../codec/index.ts'
import type { Element } from '../xml/index.ts'
import { BIND2_NS } from './names.ts'

export { BIND2_NS }

/** Inside of the offer of XEP-0388. */
export interface Bind2Offer {
  /** Namespaces of the features that can be turned on inside of `<bind/>`. */
  readonly features?: readonly string[] | undefined
}

export const bind2Offer: ElementCodec<Bind2Offer> = element(BIND2_NS, 'bind', {
  features: mapped(
    optionalChild(element(BIND2_NS, 'inline', { features: attributesOf('feature', 'var', string) })),
    ({ features }) => features,
    (features) => ({ features }),
  ),
})

export interface Bind2Request {
  /** What others may see in the resource. */
  readonly tag?: string | undefined
  /** The features to turn on. */
  readonly others: readonly Element[]
}

export const bind2Request: ElementCodec<Bind2Request> = element(BIND2_NS, 'bind', {
  tag: optionalText('tag'),
  others: foreignChildren(),
})

/** In the success of XEP-0388: what the features have to say. */
export const bound: ElementCodec<{ readonly others: readonly Element[] }> = element(BIND2_NS, 'bound', {
  others: foreignChildren(),
})
