/** SASL failure conditions (RFC 6120 section 6.5). Not the `<failure/>` element, whose shape belongs to the XML profile. */

const conditions = [
  /** The authentication handshake has been aborted by the initiating entity. [RFC6120 6.5.1] */ 'aborted',
  /** The account of the initiating entity has been temporarily disabled. [RFC6120 6.5.2] */ 'account-disabled',
  /** The initiating entity provided credentials that have expired. [RFC6120 6.5.3] */ 'credentials-expired',
  /** The mechanism cannot be used unless the confidentiality and integrity of the stream are protected. [RFC6120 6.5.4] */ 'encryption-required',
  /** The data could not be processed because the base 64 encoding is incorrect. [RFC6120 6.5.5] */ 'incorrect-encoding',
  /** The authzid is incorrectly formatted, or the initiating entity may not authorize that ID. [RFC6120 6.5.6] */ 'invalid-authzid',
  /** No mechanism was specified, or one that is not supported by the receiving entity. [RFC6120 6.5.7] */ 'invalid-mechanism',
  /** The data sent violates the syntax for the specified SASL mechanism. [RFC6120 6.5.8] */ 'malformed-request',
  /** The mechanism is weaker than server policy permits for that initiating entity. [RFC6120 6.5.9] */ 'mechanism-too-weak',
  /** The initiating entity did not provide proper credentials, or a generic failure has occurred. [RFC6120 6.5.10] */ 'not-authorized',
  /** A temporary error condition within the receiving entity: try again later. [RFC6120 6.5.11] */ 'temporary-auth-failure',
] as const

/** [RFC6120 6.5] */
export type SaslCondition = (typeof conditions)[number]

/** The condition of a failure that `has` it: one that is not understood counts as a generic failure. [RFC6120 6.5] */
export function readSaslCondition(has: (name: string) => boolean): SaslCondition {
  return conditions.find(has) ?? 'not-authorized'
}
