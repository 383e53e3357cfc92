/**
 * Namespaces of what is said until a session stands and while it stands, without the codecs: who writes these few elements by hand, as
 * the client does, has nothing else in its bundle. Each is exported by the file of its specification as well.
 */

/** Stream Management (XEP-0198). */
export const MANAGEMENT_NS = 'urn:xmpp:sm:3'
/** In-Band Registration (XEP-0077). */
export const REGISTER_NS = 'jabber:iq:register'
/** XMPP Ping (XEP-0199). */
export const PING_NS = 'urn:xmpp:ping'
/** Bind 2 (XEP-0386). */
export const BIND2_NS = 'urn:xmpp:bind:0'
/** Extensible SASL Profile (XEP-0388). */
export const SASL2_NS = 'urn:xmpp:sasl:2'
/** SASL Channel-Binding Type Capability (XEP-0440). */
export const CHANNEL_BINDING_NS = 'urn:xmpp:sasl-cb:0'
/** Fast Authentication Streamlining Tokens (XEP-0484). */
export const FAST_NS = 'urn:xmpp:fast:0'
