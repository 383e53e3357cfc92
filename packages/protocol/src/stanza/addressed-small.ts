/**
 * What the kinds of stanzas share, and how they are written: for bundles for browsers, which send a stanza to nobody else afterwards. The same
 * as `addressed.ts`.
 */
import type { Jid } from '../jid/index.ts'
import { type Element, writeElement } from '../xml/index.ts'

export interface Change {
  readonly element?: Element
  readonly from?: Jid
  readonly to?: Jid
}

type Kind<Made, Type> = new (element: Element, from: Jid | undefined, to: Jid | undefined, type: Type) => Made

/** `element` is the source: its own from and to are not looked at any more. */
export abstract class Addressed<Type> {
  readonly element: Element
  readonly from: Jid | undefined
  readonly to: Jid | undefined
  readonly type: Type

  constructor(element: Element, from: Jid | undefined, to: Jid | undefined, type: Type) {
    this.element = element
    this.from = from
    this.to = to
    this.type = type
  }

  get id(): string | undefined {
    return this.element.attr('id')
  }

  /** The stanza on the wire, addressed to `to`. */
  wire(to: Jid | undefined = this.to): string {
    return writeElement(this.toElement(to), this.element.ns)
  }

  /** The same stanza with another element, or other addresses. */
  with({ element = this.element, from = this.from, to = this.to }: Change): this {
    return new (this.constructor as Kind<this, Type>)(element, from, to, this.type)
  }

  /** The stanza as an element with its present addresses, e.g. to forward or to store it. */
  toElement(to: Jid | undefined = this.to): Element {
    return this.element.with({ from: this.from?.toString(), to: to?.toString() })
  }
}
