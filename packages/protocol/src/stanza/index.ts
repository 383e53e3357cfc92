/** Stanzas and stanza errors (RFC 6120 section 8, RFC 6121). */

export {
  errorOf,
  Iq,
  type IqType,
  iq,
  iqType,
  Message,
  type MessageType,
  message,
  Presence,
  type PresenceType,
  presence,
  presenceType,
  resultOf,
  type Stanza,
} from './stanza.ts'
export {
  readStanzaError,
  StanzaError,
  type StanzaErrorCondition,
  type StanzaErrorDetails,
  type StanzaErrorType,
} from './stanza-error.ts'
