/**
 * Namespaces of the core specifications (RFC 6120, RFC 6121), one word each: `import * as NS from '@rookery/protocol/namespaces'`, of which a
 * bundler takes what is used. Extensions keep theirs in `xeps/`.
 */
export const client = 'jabber:client'
export const server = 'jabber:server'
export const component = 'jabber:component:accept'
export const streams = 'http://etherx.jabber.org/streams'
export const streamErrors = 'urn:ietf:params:xml:ns:xmpp-streams'
export const stanzaErrors = 'urn:ietf:params:xml:ns:xmpp-stanzas'
export const tls = 'urn:ietf:params:xml:ns:xmpp-tls'
export const sasl = 'urn:ietf:params:xml:ns:xmpp-sasl'
export const bind = 'urn:ietf:params:xml:ns:xmpp-bind'
export const session = 'urn:ietf:params:xml:ns:xmpp-session'
export const roster = 'jabber:iq:roster'

/** Default namespaces that a stream may have: a stanza means the same in each. [RFC6120 4.8.2] */
export type ContentNamespace = typeof client | typeof server | typeof component
