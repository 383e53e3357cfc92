// XMPP addresses (RFC 7622): reading, preparing, comparing and escaping them.

export { jidFromParts, parseJid } from '#parse-jid'
export { escapeLocal, unescapeLocal } from './escape-local.ts'
export { Jid } from './jid.ts'
export { JidError } from './jid-error.ts'
export { jid } from './jid-in-code.ts'
