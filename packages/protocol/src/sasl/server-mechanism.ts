/**
 * What a SASL mechanism is on the receiving side, and what it may ask of its surroundings (RFC 4422, profile of RFC 6120
 * section 6). Independent of the XML profile: SASL of RFC 6120 and XEP-0388 both carry these octets.
 */

import type { Maybe } from '../maybe.ts'
import type { ChannelBinding } from './channel-binding.ts'
import type { HashName, SaslCrypto } from './sasl-crypto.ts'
import type { SaslCondition } from './sasl-error.ts'
import type { ScramKeys } from './scram-keys.ts'

export interface SaslChallenge {
  readonly kind: 'challenge'
  readonly data: Uint8Array
}

export interface SaslSuccess {
  readonly kind: 'success'
  /** Prepared local part of the account; with EXTERNAL whatever the matching identity names. */
  readonly username: string
  /** Additional data with success. */
  readonly data?: Uint8Array
  /** The authorization identity that the client named, if it did; it is the own account's. */
  readonly authzid?: string
  /** The token that was proved. */
  readonly token?: string
}

export interface SaslFailure {
  readonly kind: 'failure'
  readonly condition: SaslCondition
  /** For the peer's log; never says whether an account exists. */
  readonly text?: string
}

export type SaslStep = SaslChallenge | SaslSuccess | SaslFailure

/**
 * One authentication attempt. `start` is called once, with the initial response if there was one (zero octets is one), then
 * `respond` for every answer to a challenge, each after the step before it has settled. A rejected promise is a local error,
 * for example an overloaded hash queue: log it and answer `temporary-auth-failure`.
 */
export interface SaslServerMechanism {
  start(initial?: Uint8Array): Maybe<SaslStep>
  respond(data: Uint8Array): Maybe<SaslStep>
}

/** An identity that the transport has proved, such as a JID of the client's certificate. */
export interface ExternalIdentity {
  /** What an authzid must be to select it: a bare JID between client and server, a domain between servers. */
  readonly authzid: string
  /** What a success then reports as `username`. */
  readonly username: string
}

/** A token that may be proved by a hashed token mechanism. */
export interface StoredToken {
  readonly secret: string
  /** Known, and not good any more: whoever proves it is told to log in another way. */
  readonly isExpired: boolean
}

export interface SaslServerContext {
  readonly crypto: SaslCrypto
  /** The hosted domain this stream speaks to, prepared. */
  readonly host: string
  /** Mechanism names offered on this stream; no other is accepted. */
  readonly offered: readonly string[]
  /** The bindings advertised by XEP-0440 on this stream; empty when none was advertised. */
  readonly channelBindings: readonly ChannelBinding[]
  /** Whether SCRAM sends the hash of the offers (XEP-0474). */
  readonly downgradeProtection?: boolean
  /** The TLS version of the stream, e.g. `TLSv1.3`, for SCRAM to tell (XEP-0515); undefined where TLS ends elsewhere, or there is none. */
  readonly tlsVersion?: string | undefined
  /** A received username as a local part, or undefined if it cannot be one. */
  prepareUsername(text: string): string | undefined
  /** A received password as it went into the stored keys (OpaqueString of RFC 8265), or undefined if it is forbidden. */
  prepareOpaque(text: string): string | undefined
  /** For an unknown user the caller returns fake keys, always the same for that name: the mechanism cannot tell them apart. */
  scramKeys(username: string, hash: HashName): Maybe<ScramKeys>
  verifyPlain(username: string, password: string): Maybe<boolean>
  /** The tokens that a hashed token mechanism of this name may be proved with: at most two count. */
  tokens?(username: string, mechanism: string): Maybe<readonly StoredToken[]>
  readonly externalIdentities?: readonly ExternalIdentity[]
  /** Makes a throw-away account and returns its local part, or undefined to refuse. The trace is the client's word only. */
  anonymous?(trace: string): Maybe<string | undefined>
}

export function failure(condition: SaslCondition, text?: string): SaslFailure {
  return text === undefined ? { kind: 'failure', condition } : { kind: 'failure', condition, text }
}

/** All our mechanisms speak client first: without an initial response the server asks for it with nothing. [RFC4422 5, item 2] */
export const emptyChallenge: SaslChallenge = { kind: 'challenge', data: new Uint8Array(0) }

/**
 * May someone who logs in as `username` (received as `spelled`) act as `authzid`? Only as the own account, written in canonical
 * form or just as the username was; every other variant is refused rather than interpreted. [RFC6120 6.3.8]
 */
export function isOwnAccount(authzid: string, username: string, spelled: string, host: string): boolean {
  return authzid === `${username}@${host}` || authzid === `${spelled}@${host}`
}
