/** SASL mechanisms for both roles: pure exchanges of octets. Not the elements that carry them. */

export * from './base64.ts'
export { decodeUtf8, encodeUtf8 } from './bytes.ts'
export * from './channel.ts'
export * from './channel-binding.ts'
export * from './client.ts'
export {
  type SaslAnswer,
  type SaslClientOptions,
  type SaslOffers,
  type SaslProblem,
  SaslProblemError,
  type Say,
} from './client-mechanism.ts'
export { downgradeHash } from './downgrade.ts'
export * from './mechanism-name.ts'
export { maxSaslMessage } from './message-text.ts'
export * from './sasl-crypto.ts'
export * from './sasl-error.ts'
export * from './scram-keys.ts'
export { createServerMechanism } from './server.ts'
export type {
  ExternalIdentity,
  SaslChallenge,
  SaslFailure,
  SaslServerContext,
  SaslServerMechanism,
  SaslStep,
  SaslSuccess,
  StoredToken,
} from './server-mechanism.ts'
