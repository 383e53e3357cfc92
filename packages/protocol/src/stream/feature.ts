/**
 * A stream feature as a value, and the one loop that negotiates all of them (RFC 6120 section 4.3). What a feature does
 * is given by the side that builds it; this file knows the order, what may be offered, and who takes an element.
 */
import type { Maybe } from '../maybe.ts'
import * as NS from '../namespaces.ts'
import { type Element, el } from '../xml/index.ts'

/** `context` is what one side lets its features see and do. */
export interface StreamFeature<C> {
  readonly name: string
  /** The element to list in `<stream:features/>` now, or undefined while the feature may not be offered. */
  offer(context: C): Element | undefined
  /** Whether an element of the other side belongs to this feature. */
  takes(element: Element, context: C): boolean
  /** Negotiates one step with an element it takes. */
  receive(element: Element, context: C): Maybe<undefined>
}

/** All that may be offered now, in the order of the list. [RFC6120 4.3.2, XEP-0170] */
export function offerAll<C>(features: readonly StreamFeature<C>[], context: C): Element {
  const offered: Element[] = []
  for (const feature of features) {
    const element = feature.offer(context)
    if (element !== undefined) offered.push(element)
  }
  return el('features', NS.streams, {}, offered)
}

/** The feature that an element belongs to. */
export function featureFor<C>(
  features: readonly StreamFeature<C>[],
  element: Element,
  context: C,
): StreamFeature<C> | undefined {
  for (const feature of features) if (feature.takes(element, context)) return feature
  return undefined
}
