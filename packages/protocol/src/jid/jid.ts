// An XMPP address (RFC 7622) in its prepared form: immutable, and outside of browsers most of the time one
// object per address. Reading one is parse-jid.ts.

import { escapeAttribute } from '#text'
import { prepareOpaque } from '../precis/profiles.ts'
import { JidError } from './jid-error.ts'

export class Jid {
  /** '' if there is none. */
  readonly local: string
  readonly domain: string
  /** '' if there is none. */
  readonly resource: string
  /** The same address without its resource; this one itself if it has none. */
  readonly bare: Jid
  readonly #text: string
  #wire: string | undefined

  /** For parse-jid.ts and parse-jid-small.ts, which prepared the parts: everybody else calls parseJid, jid or jidFromParts. */
  constructor(
    local: string,
    domain: string,
    resource: string,
    bare?: Jid,
    text: string = (local && `${local}@`) + domain + (resource && `/${resource}`),
  ) {
    this.local = local
    this.domain = domain
    this.resource = resource
    this.bare = bare ?? this
    this.#text = text
  }

  get isBare(): boolean {
    return this.resource === ''
  }

  get isFull(): boolean {
    return this.resource !== ''
  }

  /** Nothing but a domain. */
  get isDomain(): boolean {
    return this.local === '' && this.resource === ''
  }

  /** The canonical form as a wire string, escaped for an attribute. */
  get wire(): string {
    return (this.#wire ??= escapeAttribute(this.#text))
  }

  /** The canonical form. */
  toString(): string {
    return this.#text
  }

  toJSON(): string {
    return this.#text
  }

  equals(other: Jid): boolean {
    return this === other || this.#text === other.#text
  }

  /** The same account or host with this resource, or with none if it is ''. Throws JidError if it cannot be a resource. */
  withResource(resource: string): Jid {
    if (resource === '') return this.bare
    const prepared = prepareOpaque(resource)
    if (prepared === undefined) throw new JidError(resource, 'this cannot be the resource of an address')
    return new Jid(this.local, this.domain, prepared, this.bare)
  }
}
