/** How much XML one peer may send in one piece; enforced while tokenising, before a token completes. Not rate limiting. */

export type XmlLimits = {
  /** Bytes on the wire of one stream header or of one first-level element. */
  readonly bytes: number
  /** Open elements inside one first-level element, itself included. */
  readonly depth: number
  /** Elements in one first-level element, itself included. */
  readonly elements: number
  /** Attributes of one element, namespace declarations included. */
  readonly attributes: number
  /** Bytes of one element or attribute name, prefix included. */
  readonly nameLength: number
  /** Prefixes declared and in scope at once. */
  readonly prefixes: number
  /**
   * Bytes on the wire of a first-level element that exceeds one of the others and comes all the same, as its name alone (`omitted`). Unless
   * told it is an error.
   */
  readonly omitted?: number
}

/** For a peer that has not proved who it is. 10000 bytes is the smallest limit a server may set [RFC6120 13.12]. */
export const preAuth: XmlLimits = {
  bytes: 10_000,
  depth: 64,
  elements: 64,
  attributes: 64,
  nameLength: 256,
  prefixes: 16,
}

/** For a peer that is logged in; also for stored XML. */
export const authenticated: XmlLimits = {
  bytes: 262_144,
  depth: 256,
  elements: 4096,
  attributes: 256,
  nameLength: 1024,
  prefixes: 64,
}

/**
 * For what a server sends to its client: it hands on what other servers have taken, and sends rosters and lists of rooms in one piece. A stream
 * that ends at too large an element is no way out: the server would begin the next one with it. A roster of 50,000 with names and groups fits.
 */
export const received: XmlLimits = { ...authenticated, bytes: 7 << 20, elements: 1 << 18, omitted: 16 << 20 }
