/** What a SASL mechanism is told on the initiating side, and how it talks with the server. Independent of the XML profile. */

import type { SaslChannel } from './channel.ts'
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

/** The client gives up. The message is for people, where it says more than the name of the problem. */
export class SaslProblemError extends Error {
  override readonly name = 'SaslProblemError'
  readonly problem: SaslProblem

  constructor(problem: SaslProblem, text: string = problem) {
    super(text)
    this.problem = problem
  }
}

export function giveUp(problem: SaslProblem, text?: string): never {
  throw new SaslProblemError(problem, text)
}

/** What the server says to a message of ours. */
export interface SaslAnswer {
  /** That the login is done, and not a challenge. */
  readonly isSuccess: boolean
  /** What came with it: nothing counts as zero octets. */
  readonly data: Uint8Array
}

/** Sends a message of ours, and gives the answer to it. Throws where the server refuses. */
export type Say = (message: Uint8Array) => Promise<SaslAnswer>

/** What each side has. */
export interface SaslOffers {
  /** What this end knows of the connection; missing where that is nothing (browsers). */
  readonly channel?: SaslChannel | undefined
  /** The mechanisms the server offered, all of them, of the SASL version in use. */
  readonly offered: readonly string[]
  /** The binding types the server advertised by XEP-0440; undefined or empty if it did not. */
  readonly offeredBindings?: readonly string[]
  /** Offered by SASL2 (XEP-0388): a server that can bind to the channel says to what then. [XEP-0440 3, rule 4] */
  readonly isSasl2?: boolean
}

export interface SaslClientOptions extends SaslOffers {
  readonly crypto: SaslCrypto
  /** Local part of the own account; not needed for EXTERNAL and ANONYMOUS. */
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** What the hashed token mechanisms prove. */
  readonly token?: string | undefined
  /** Only to act as somebody else than the account that authenticates. [RFC6120 6.3.8] */
  readonly authzid?: string
  /** Bounds for what a server may ask of us; 4096 and 1,000,000 unless told. */
  readonly minIterations?: number
  readonly maxIterations?: number
  prepareUsername(text: string): string | undefined
  prepareOpaque(text: string): string | undefined
}

/** The own name as it is sent. */
export function nameToSend({ username = '', prepareUsername }: SaslClientOptions): string {
  return prepareUsername(username) || giveUp('bad-username')
}

/** The own password as it is proved. */
export function passwordToProve({ password = '', prepareOpaque }: SaslClientOptions): string {
  return prepareOpaque(password) || giveUp('bad-password')
}

/** Says the last message, to which nothing but success is an answer, and gives what came with that. */
export async function sayLast(say: Say, message: Uint8Array): Promise<Uint8Array> {
  const { isSuccess, data } = await say(message)
  return isSuccess ? data : giveUp('malformed-challenge')
}
