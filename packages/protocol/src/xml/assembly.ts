/**
 * The element a parser is putting together: its open elements, their finished children, the prefixes in scope (Namespaces in XML 1.0), and
 * whether its content can be passed on as it came. Lent to a parser while a first-level element is open, so that an idle one stays small.
 */
import { Element, type Node } from './element.ts'
import { XmlError } from './errors.ts'
import type { XmlLimits } from './limits.ts'
import type { QName } from './names.ts'
import { isContentNamespace, STREAM_NS, XML_NS } from './namespaces.ts'
import { duplicate, type StartTag } from './start-tag.ts'

const none: readonly never[] = []
const tooDeep: XmlError = new XmlError('policy-violation', 'elements nested too deeply')
const tooMany: XmlError = new XmlError('policy-violation', 'too many elements')
const tooManyPrefixes: XmlError = new XmlError('policy-violation', 'too many namespace prefixes')
/** Namespace-well-formedness, at the stream header too. [RFC6120 11.3] */
const unknownPrefix: XmlError = new XmlError('not-well-formed', 'undeclared namespace prefix')

/** One open element. Reused for the next one of the same depth. */
class Frame {
  name: QName | undefined = undefined
  ns = ''
  attributes: readonly string[] = none
  /** The default namespace of its content. */
  defaultNs = ''
  /** Was `defaultNs` declared below the start tag of the outermost element? */
  ownDefault = false
  /** How many nodes and prefixes belong to its ancestors. */
  firstNode = 0
  firstPrefix = 0
}

export class Assembly {
  /** Open elements. */
  depth = 0
  /** May the outermost element's content be kept as `inner`? */
  reusable = true
  #elements = 0
  #rootDefaultNs = ''
  #rootPrefixes: readonly string[] = none
  /** Is the outermost element's own namespace the default one, and a content namespace? Then content may inherit it. */
  #passesDefaultOn = false
  /** How many prefixes the outermost start tag declared. */
  #outerPrefixes = 0
  readonly #frames: Frame[] = []
  /** Finished children of all open elements, outermost first; only the first `#nodeCount` count. */
  readonly #nodes: Node[] = []
  #nodeCount = 0
  /** Prefixes and their namespace names, innermost last. */
  readonly #prefixes: string[] = []
  readonly #uris: string[] = []

  /** Starts anew inside a root that declares these. */
  begin(rootDefaultNs: string, rootPrefixes: readonly string[]): void {
    this.#rootDefaultNs = rootDefaultNs
    this.#rootPrefixes = rootPrefixes
    this.depth = this.#elements = 0
  }

  /** Opens the element of a start tag, which takes the tag's attributes. */
  open(tag: StartTag, limits: XmlLimits): XmlError | undefined {
    const depth = this.depth
    if (depth >= limits.depth) return tooDeep
    if (++this.#elements > limits.elements) return tooMany
    const parent = depth > 0 ? this.#frames[depth - 1] : undefined
    const name = tag.name
    let defaultNs = parent === undefined ? this.#rootDefaultNs : parent.defaultNs
    let ownDefault = parent?.ownDefault === true
    if (tag.defaultNs !== undefined) {
      // The writer leaves such a repetition out, so that it is re-scoped with its parent. [RFC6120 4.8.3]
      if (depth > 0 && tag.defaultNs === defaultNs && isContentNamespace(defaultNs)) this.reusable = false
      defaultNs = tag.defaultNs
      ownDefault = depth > 0
    }
    const firstPrefix = this.#prefixes.length
    if (tag.declared.length > 0 && !this.#declare(tag.declared, limits)) return tooManyPrefixes
    let ns: string | undefined = defaultNs
    if (name.prefix !== '') {
      ns = this.resolve(name.prefix)
      if (ns === undefined) return unknownPrefix
    } else if (depth > 0 && !ownDefault && !this.#passesDefaultOn) this.reusable = false
    if (tag.prefixedAt.length > 0) {
      const error = this.expandAttributes(tag)
      if (error !== undefined) return error
    }
    if (depth === 0) {
      this.#passesDefaultOn = name.prefix === '' && isContentNamespace(ns)
      this.#outerPrefixes = this.#prefixes.length
      // What the start tag itself needed does not matter to the content.
      this.reusable = true
    }
    const frame = this.#frames[depth] ?? (this.#frames[depth] = new Frame())
    frame.name = name
    frame.ns = ns
    frame.attributes = tag.takeAttributes()
    frame.defaultNs = defaultNs
    frame.ownDefault = ownDefault
    frame.firstNode = this.#nodeCount
    frame.firstPrefix = firstPrefix
    this.depth = depth + 1
    return undefined
  }

  /** The name, as on the wire, of the innermost open element. */
  openName(): string {
    return this.#frames[this.depth - 1]!.name!.wire
  }

  /** The names, as on the wire, of all open elements, outermost first. */
  openNames(): string[] {
    return this.#frames.slice(0, this.depth).map((frame) => frame.name!.wire)
  }

  /** Text on both sides of a CDATA section's borders is one text. */
  addText(text: string): void {
    const last = this.#nodeCount - 1
    const before = last >= this.#frames[this.depth - 1]!.firstNode ? this.#nodes[last] : undefined
    if (typeof before === 'string') this.#nodes[last] = before + text
    else this.#push(text)
  }

  /** Closes an element inside the outermost one. */
  close(): void {
    const element = this.finish(undefined)
    this.#push(element)
  }

  /** Closes the innermost open element and gives it away. */
  finish(inner: string | undefined): Element {
    const frame = this.#frames[--this.depth]!
    const children = this.#takeNodes(frame.firstNode)
    while (this.#prefixes.length > frame.firstPrefix) {
      this.#prefixes.pop()
      this.#uris.pop()
    }
    return new Element(frame.name!.local, frame.ns, frame.attributes, children, inner)
  }

  /** The namespace of a prefix. One that was declared outside the content makes the content not reusable. */
  resolve(prefix: string): string | undefined {
    if (prefix === 'xml') return XML_NS
    const at = this.#prefixes.lastIndexOf(prefix)
    if (at < this.#outerPrefixes) this.reusable = false
    if (at >= 0) return this.#uris[at]
    for (let i = 0; i < this.#rootPrefixes.length; i += 2) {
      if (this.#rootPrefixes[i] === prefix) return this.#rootPrefixes[i + 1]
    }
    return undefined
  }

  /** Gives prefixed attributes their expanded names. [XML-NAMES 5, 6.3] */
  expandAttributes(tag: StartTag): XmlError | undefined {
    for (let i = 0; i < tag.prefixedAt.length; i++) {
      const name = tag.prefixedNames[i]!
      const ns = this.resolve(name.prefix)
      if (ns === undefined) return unknownPrefix
      tag.attributes[tag.prefixedAt[i]!] = `{${ns}}${name.local}`
    }
    return tag.repeatsName() ? duplicate : undefined
  }

  #declare(declared: readonly string[], limits: XmlLimits): boolean {
    for (let i = 0; i < declared.length; i += 2) {
      const uri = declared[i + 1]!
      // Never passed on with a prefix [RFC6120 4.8.5], and nothing inside a stanza may look like the stream's own.
      if (this.depth > 0 && (uri === STREAM_NS || isContentNamespace(uri))) this.reusable = false
      this.#prefixes.push(declared[i]!)
      this.#uris.push(uri)
    }
    return this.#prefixes.length + (this.#rootPrefixes.length >> 1) <= limits.prefixes
  }

  #push(node: Node): void {
    if (this.#nodeCount < this.#nodes.length) this.#nodes[this.#nodeCount++] = node
    else this.#nodeCount = this.#nodes.push(node)
  }

  /** Takes the nodes from `first` on, leaving nothing of them behind (a string can keep a whole chunk alive). */
  #takeNodes(first: number): readonly Node[] {
    const nodes = this.#nodes
    const count = this.#nodeCount - first
    if (count === 0) return none
    let taken: readonly Node[]
    if (count === 1) taken = [nodes[first]!]
    else if (count === 2) taken = [nodes[first]!, nodes[first + 1]!]
    else taken = nodes.slice(first, this.#nodeCount)
    for (let i = first; i < this.#nodeCount; i++) nodes[i] = ''
    this.#nodeCount = first
    return taken
  }

  /** Small enough to be kept for the next element? */
  get isSmall(): boolean {
    return this.#nodes.length <= 256 && this.#frames.length <= 64
  }
}

const spare: Assembly[] = []

export function borrowAssembly(rootDefaultNs: string, rootPrefixes: readonly string[]): Assembly {
  const assembly = spare.pop() ?? new Assembly()
  assembly.begin(rootDefaultNs, rootPrefixes)
  return assembly
}

/** Takes back an assembly with nothing open; a large one is left to the garbage collector. */
export function returnAssembly(assembly: Assembly): void {
  if (spare.length < 8 && assembly.isSmall) spare.push(assembly)
}
