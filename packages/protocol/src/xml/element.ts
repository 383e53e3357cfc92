/** Element: an immutable XML element with its namespace resolved, and `el` to build one. Not a DOM: no parent, no prefixes, no comments. */

export type Node = Element | string

const none: readonly never[] = []

/** The children of an element that was more than the limits allow, and of which there is the name alone. */
export const omitted: readonly Node[] = []

export class Element {
  /** Local name. */
  readonly name: string
  /** Namespace name, '' if none. */
  readonly ns: string
  /** [name, value, name, value…], decoded; a name is unprefixed, 'xml:lang' or '{uri}local'. Namespace declarations are never here. */
  readonly attributes: readonly string[]
  /** Elements and decoded text. */
  readonly children: readonly Node[]
  /**
   * Wire form of everything between start and end tag. Kept by the parser only when it means the same on any stream whose default
   * namespace is jabber:client, jabber:server or jabber:component:accept.
   */
  readonly inner: string | undefined

  constructor(name: string, ns: string, attributes: readonly string[], children: readonly Node[], inner?: string) {
    this.name = name
    this.ns = ns
    this.attributes = attributes
    this.children = children
    this.inner = inner
  }

  attr(name: string): string | undefined {
    const attributes = this.attributes
    for (let i = 0; i < attributes.length; i += 2) if (attributes[i] === name) return attributes[i + 1]
    return undefined
  }

  /** The first child element of that name; the namespace is this element's own unless given. */
  child(name: string, ns: string = this.ns): Element | undefined {
    for (const child of this.children)
      if (typeof child !== 'string' && child.name === name && child.ns === ns) return child
    return undefined
  }

  childElements(): Element[] {
    return this.children.filter((child) => typeof child !== 'string')
  }

  firstElement(): Element | undefined {
    return this.children.find((child) => typeof child !== 'string')
  }

  /** The text directly in this element, without that of its children. */
  text(): string {
    let text = ''
    for (const child of this.children) if (typeof child === 'string') text += child
    return text
  }

  childText(name: string, ns: string = this.ns): string | undefined {
    return this.child(name, ns)?.text()
  }

  is(name: string, ns: string): boolean {
    return this.name === name && this.ns === ns
  }

  /** The same element with attributes set, or removed where the value is undefined. Shares children and `inner`. */
  with(changes: Record<string, string | undefined>): Element {
    const attributes: string[] = []
    for (let i = 0; i < this.attributes.length; i += 2) {
      const name = this.attributes[i]!
      if (!Object.hasOwn(changes, name)) attributes.push(name, this.attributes[i + 1]!)
    }
    addAll(attributes, changes)
    return new Element(this.name, this.ns, attributes, this.children, this.inner)
  }

  /** The same element with other children. */
  withChildren(children: readonly Node[]): Element {
    return new Element(this.name, this.ns, this.attributes, children)
  }
}

/** Builds an element in code. Undefined attributes and children are left out. */
/* @__NO_SIDE_EFFECTS__ */
export function el(
  name: string,
  ns: string,
  attributes?: Record<string, string | undefined>,
  children?: readonly (Node | undefined)[] | string,
): Element {
  const flat: string[] = []
  addAll(flat, attributes)
  if (children === undefined || children === '') return new Element(name, ns, flat, none)
  if (typeof children === 'string') return new Element(name, ns, flat, [children])
  return new Element(
    name,
    ns,
    flat,
    children.filter((child) => child !== undefined),
  )
}

function addAll(flat: string[], attributes: Record<string, string | undefined> | undefined): void {
  for (const name in attributes) {
    const value = attributes[name]
    if (value !== undefined) flat.push(name, value)
  }
}
