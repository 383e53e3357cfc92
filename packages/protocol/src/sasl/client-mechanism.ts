/** What a SASL mechanism is on the initiating side, and what it is told. Independent of the XML profile. */

import type { Maybe } from '../maybe.ts'
import type { BindingOffers } from './binding-choice.ts'
import type { SaslCrypto } from './sasl-crypto.ts'

/** Why the client gives up although the server has not refused it. */
export type SaslProblem =
  | 'bad-username'
  | 'bad-password'
  | 'malformed-challenge'
  /** The server sent a SCRAM error value instead of its signature; it is in the text. */
  | 'server-error'
  | 'nonce-changed'
  | 'iterations-too-low'
  | 'iterations-too-high'
  /** The server proved nothing, or the wrong thing: it does not know the account's keys. */
  | 'server-not-verified'
  /** The offers were changed on the way (XEP-0474), or bindings were hidden (XEP-0440). */
  | 'downgrade'
  | 'binding-unavailable'
  | 'no-mechanism'
  | 'unexpected-success'

export interface SaslClientResponse {
  readonly kind: 'response'
  readonly data: Uint8Array
}

export interface SaslClientSuccess {
  readonly kind: 'success'
}

export interface SaslClientFailure {
  readonly kind: 'failure'
  readonly problem: SaslProblem
  readonly text: string
}

export type SaslClientStep = SaslClientResponse | SaslClientSuccess | SaslClientFailure

/**
 * One authentication attempt: `start` gives the initial response, `respond` answers a challenge, and `finish` is asked when the
 * server reports success: only its `success` counts. After a `failure` the caller aborts and sends nothing of this mechanism.
 */
export interface SaslClientMechanism {
  start(): Maybe<SaslClientStep>
  respond(challenge: Uint8Array): Maybe<SaslClientStep>
  finish(data?: Uint8Array): Maybe<SaslClientStep>
}

export interface SaslClientOptions extends BindingOffers {
  readonly crypto: SaslCrypto
  /** Local part of the own account; not needed for EXTERNAL and ANONYMOUS. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** What the hashed token mechanisms prove. */
  readonly token?: string | undefined
  /** The TLS version of the connection as this end knows it, e.g. `TLSv1.3`. [XEP-0515] */
  readonly tlsVersion?: string | undefined
  /** Only to act as somebody else than the account that authenticates. [RFC6120 6.3.8] */
  readonly authzid?: string
  /** Bounds for what a server may ask of us; 4096 and 1,000,000 unless told. */
  readonly minIterations?: number
  readonly maxIterations?: number
  prepareUsername(text: string): string | undefined
  prepareOpaque(text: string): string | undefined
}

/** `text` is for people, where it says more than the name. */
export function problem(name: SaslProblem, text: string = name): SaslClientFailure {
  return { kind: 'failure', problem: name, text }
}

/** The own name as it is sent. */
export function nameToSend({ username = '', prepareUsername }: SaslClientOptions): string | SaslClientFailure {
  return prepareUsername(username) || problem('bad-username')
}

/** The own password as it is proved. */
export function passwordToProve({ password = '', prepareOpaque }: SaslClientOptions): string | SaslClientFailure {
  return prepareOpaque(password) || problem('bad-password')
}
