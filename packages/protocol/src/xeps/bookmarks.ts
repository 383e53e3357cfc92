/** PEP Native Bookmarks (XEP-0402 1.2.0): what is remembered of one room. The room's address is the id of the item. Not the older list of XEP-0048. */
import {
  anyChildren,
  boolean,
  type ElementCodec,
  element,
  mapped,
  optionalAttribute,
  optionalChild,
  optionalText,
  string,
} from '../codec/index.ts'
import type { Element } from '../xml/index.ts'

/** The namespace, and the node. */
export const BOOKMARKS_NS = 'urn:xmpp:bookmarks:1'
/** Service discovery: the server keeps the list of private storage in step. [XEP-0402 6] */
export const BOOKMARKS_COMPAT = 'urn:xmpp:bookmarks:1#compat'

export interface Bookmark {
  readonly name?: string | undefined
  /** Enter the room when it turns up here, leave it when it no longer does; no means false. [XEP-0402 4] */
  readonly autojoin?: boolean | undefined
  readonly nick?: string | undefined
  readonly password?: string | undefined
  /** Of other clients: to be written back as they came. [XEP-0402 3.4] */
  readonly extensions?: readonly Element[] | undefined
}

export const bookmark: ElementCodec<Bookmark> = element(BOOKMARKS_NS, 'conference', {
  name: optionalAttribute('name', string),
  autojoin: optionalAttribute('autojoin', boolean),
  nick: optionalText('nick'),
  password: optionalText('password'),
  extensions: mapped(
    optionalChild(element(BOOKMARKS_NS, 'extensions', { all: anyChildren() })),
    ({ all }) => all,
    (all) => ({ all }),
  ),
})
