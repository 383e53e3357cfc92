/**
 * What the kinds of stanzas share, and how they are written: once, whoever they go to. Bundles for browsers have `addressed-small.ts` in its
 * place.
 */
import type { Jid } from '../jid/index.ts'
import { type Element, writeAttribute, writeContent, writeStart } from '../xml/index.ts'

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
  #head: string | undefined
  #tail: string | undefined
  /** To its own address. */
  #wire: string | undefined
  /** The same stanza to somebody else, or with other content: what it has encoded need not be encoded again. */
  #twin: Addressed<Type> | undefined

  constructor(element: Element, from: Jid | undefined, to: Jid | undefined, type: Type) {
    this.element = element
    this.from = from
    this.to = to
    this.type = type
  }

  get id(): string | undefined {
    return this.element.attr('id')
  }

  /** The stanza on the wire, addressed to `to`; everything but the address is encoded once, whoever it goes to. */
  wire(to: Jid | undefined = this.to): string {
    if (to !== this.to) return this.#write(to)
    this.#wire ??= this.#write(to)
    return this.#wire
  }

  #write(to: Jid | undefined): string {
    if (this.#head === undefined) this.#encode()
    return to === undefined ? `${this.#head}${this.#tail}` : `${this.#head} to='${to.wire}'${this.#tail}`
  }

  #encode(): void {
    const twin = this.#twin
    if (twin === undefined) {
      this.#head = writeHead(this.element, this.from)
      this.#tail = writeContent(this.element)
      return
    }
    if (twin.#head === undefined) twin.#encode()
    this.#head = twin.#head
    this.#tail = twin.element === this.element ? twin.#tail : writeContent(this.element)
    this.#twin = undefined
  }

  /** The same stanza with another element, or other addresses. */
  with({ element = this.element, from = this.from, to = this.to }: Change): this {
    const made = new (this.constructor as Kind<this, Type>)(element, from, to, this.type)
    if (element.attributes === this.element.attributes && from === this.from) made.#twin = this.#twin ?? this
    return made
  }

  /** The stanza as an element with its present addresses, e.g. to forward or to store it. */
  toElement(): Element {
    return this.element.with({ from: this.from?.toString(), to: this.to?.toString() })
  }
}

/** The start tag without `to`, and without its end. */
function writeHead(element: Element, from: Jid | undefined): string {
  let head = `<${element.name}`
  const attributes = element.attributes
  for (let i = 0; i < attributes.length; i += 2) {
    const name = attributes[i]!
    if (name === 'from' || name === 'to') continue
    // an attribute with a namespace needs a declaration: the general writer makes it
    if (name.charCodeAt(0) === 0x7b)
      return writeStart(element.with({ from: from?.toString(), to: undefined }), element.ns)
    head += writeAttribute(name, attributes[i + 1]!)
  }
  return from === undefined ? head : `${head} from='${from.wire}'`
}
