/** Logins on the initiating side: which of the offered mechanisms to use, and an attempt with it. Not a memory of earlier choices. */

import { encodeUtf8 } from './bytes.ts'
import {
  giveUp,
  nameToSend,
  passwordToProve,
  type SaslClientOptions,
  type SaslOffers,
  type Say,
  sayLast,
} from './client-mechanism.ts'
import { proveToken } from './hashed-token-client.ts'
import { scramMechanism, tokenNameParts, unboundScramNames } from './mechanism-name.ts'
import type { HashName } from './sasl-crypto.ts'
import { proveByScram } from './scram-client.ts'

/** What the client has to log in with, beside the offers of the server. */
export interface LoginMeans extends SaslOffers {
  readonly password?: boolean
  /**
   * Whether the password itself may be shown to the server. Only over TLS, and never again once SCRAM or EXTERNAL has
   * worked for the account: that has to be remembered. [XEP-0474 7]
   */
  readonly plain?: boolean
  /** Whether to log in without an account. */
  readonly anonymous?: boolean
}

/**
 * The best that proves most and reveals least: EXTERNAL, then SCRAM-*-PLUS, then SCRAM, each from the longest hash to the shortest, then
 * PLAIN, then ANONYMOUS. Throws a SaslProblemError.
 */
export function chooseMechanism(means: LoginMeans): string {
  const { offered, channel, password = false } = means
  const names = channel?.mechanisms(means, password) ?? []
  if (password) names.push(...unboundScramNames)
  if (password && means.plain) names.push('PLAIN')
  if (means.anonymous) names.push('ANONYMOUS')
  const name = names.find((each) => offered.includes(each))
  return name ?? giveUp('no-mechanism', `none of its mechanisms (${offered}) can be used`)
}

/** Logs in by this mechanism, a name from `chooseMechanism` or of a token. Throws a SaslProblemError, or what `say` throws. */
export async function authenticate(name: string, options: SaslClientOptions, say: Say): Promise<void> {
  const scram = scramMechanism(name)
  const token = tokenNameParts(name)
  if (scram !== undefined) await proveByScram(scram, options, say)
  else if (token !== null) await proveToken(name, token[1] as HashName, options, say)
  else await sayLast(say, encodeUtf8(onlyMessage(name, options)))
}

/** Of mechanisms in which the client speaks once. ANONYMOUS never sends a trace: it would only tell who is there. */
function onlyMessage(name: string, options: SaslClientOptions): string {
  const { authzid = '' } = options
  if (name === 'PLAIN') return `${authzid}\0${nameToSend(options)}\0${passwordToProve(options)}` // [RFC4616 2]
  if (name === 'EXTERNAL') return authzid // [RFC4422 A.1]
  return name === 'ANONYMOUS' ? '' : giveUp('no-mechanism')
}
