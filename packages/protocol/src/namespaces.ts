/** Namespaces of the core specifications (RFC 6120, RFC 6121), one word each. Extensions keep theirs in `xeps/`. */
export const NS = {
  client: 'jabber:client',
  server: 'jabber:server',
  component: 'jabber:component:accept',
  streams: 'http://etherx.jabber.org/streams',
  streamErrors: 'urn:ietf:params:xml:ns:xmpp-streams',
  stanzaErrors: 'urn:ietf:params:xml:ns:xmpp-stanzas',
  tls: 'urn:ietf:params:xml:ns:xmpp-tls',
  sasl: 'urn:ietf:params:xml:ns:xmpp-sasl',
  bind: 'urn:ietf:params:xml:ns:xmpp-bind',
  session: 'urn:ietf:params:xml:ns:xmpp-session',
  roster: 'jabber:iq:roster',
} as const

/** Default namespaces that a stream may have: a stanza means the same in each. [RFC6120 4.8.2] */
export type ContentNamespace = typeof NS.client | typeof NS.server | typeof NS.component
