/**
 * What the kinds of stanzas share, and how they are written: for bundles for browsers, which send a stanza to nobody else afterwards. The same
 * as `addressed.ts`.
 */
import type { Jid } from '../jid/index.ts'
import { type Element, writeElement } from '../xml/index.ts'

/** `element` is the source: its own from and to are not looked at any more. */
export abstract class Addressed {
  readonly element: Element
  readonly from: Jid | undefined
  readonly to: Jid | undefined

  constructor(element: Element, from: Jid | undefined, to: Jid | undefined) {
    this.element = element
    this.from = from
    this.to = to
  }

  get id(): string | undefined {
    return this.element.attr('id')
  }

  /** The stanza on the wire, addressed to `to`. */
  wire(to: Jid | undefined = this.to): string {
    const plain = this.element.with({ from: undefined, to: undefined })
    return writeElement(plain.with({ from: this.from?.toString(), to: to?.toString() }), this.element.ns)
  }

  /** `other` has the same start tag but for `to`: here that saves nothing. */
  protected twinOf(_other: Addressed): this {
    return this
  }

  /** The stanza as an element with its present addresses, e.g. to forward or to store it. */
  toElement(): Element {
    return this.element.with({ from: this.from?.toString(), to: this.to?.toString() })
  }
}
