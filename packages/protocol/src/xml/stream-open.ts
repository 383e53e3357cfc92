/** The start tag of a stream's root element, namespaces resolved but not judged: that is the stream machine's. [RFC6120 4.8] */

export class StreamOpen {
  readonly name: string
  readonly ns: string
  /** As written, '' if none. */
  readonly prefix: string
  /** Flat, as in `Element`. */
  readonly attributes: readonly string[]
  /** The default namespace declared on it, '' if none. */
  readonly defaultNs: string
  /** [prefix, namespace, …] declared on it, the default namespace not included. */
  readonly prefixes: readonly string[]

  constructor(
    name: string,
    ns: string,
    prefix: string,
    attributes: readonly string[],
    defaultNs: string,
    prefixes: readonly string[],
  ) {
    this.name = name
    this.ns = ns
    this.prefix = prefix
    this.attributes = attributes
    this.defaultNs = defaultNs
    this.prefixes = prefixes
  }

  attr(name: string): string | undefined {
    for (let i = 0; i < this.attributes.length; i += 2) if (this.attributes[i] === name) return this.attributes[i + 1]
    return undefined
  }
}
