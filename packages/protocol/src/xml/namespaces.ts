/** The namespace names that XML itself and the framing of XMPP give a meaning to. */

export const XML_NS = 'http://www.w3.org/XML/1998/namespace'
export const XMLNS_NS = 'http://www.w3.org/2000/xmlns/'
export const STREAM_NS = 'http://etherx.jabber.org/streams'

/** Is it a content namespace that stanzas are re-scoped between when they change streams? [RFC6120 4.8.3] [XEP-0114 4] */
export function isContentNamespace(ns: string): boolean {
  return ns === 'jabber:client' || ns === 'jabber:server' || ns === 'jabber:component:accept'
}
