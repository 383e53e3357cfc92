/** Which of the offered mechanisms a client uses: the best that proves most and reveals least. Not a memory of earlier choices. */

import { type BindingOffers, hiddenBindings, mutualBinding } from './binding-choice.ts'
import { problem, type SaslClientFailure } from './client-mechanism.ts'
import { scramMechanism, scramNames } from './mechanism-name.ts'

/** What the client has to log in with, beside the offers of the server. */
export interface LoginMeans extends BindingOffers {
  /** A client certificate was presented on this connection. */
  readonly external?: boolean
  readonly password?: boolean
  /**
   * Whether the password itself may be shown to the server. Only over TLS, and never again once SCRAM or EXTERNAL has
   * worked for the account: that has to be remembered. [XEP-0474 7]
   */
  readonly plain?: boolean
  /** Whether to log in without an account. */
  readonly anonymous?: boolean
}

export type MechanismChoice = { readonly kind: 'chosen'; readonly name: string } | SaslClientFailure

/** EXTERNAL, then SCRAM-*-PLUS, then SCRAM, each from the longest hash to the shortest, then PLAIN, then ANONYMOUS. */
export function chooseMechanism(means: LoginMeans): MechanismChoice {
  const offers = (name: string) => means.offered.includes(name)
  if (means.external === true && offers('EXTERNAL')) return { kind: 'chosen', name: 'EXTERNAL' }
  if (means.password === true) {
    const hidden = hiddenBindings(means)
    if (hidden !== undefined) return hidden
    const canBind = mutualBinding(means) !== undefined
    const name = scramNames.find((each) => offers(each) && (canBind || scramMechanism(each)?.plus !== true))
    if (name !== undefined) return { kind: 'chosen', name }
    if (means.plain === true && offers('PLAIN')) return { kind: 'chosen', name: 'PLAIN' }
  }
  if (means.anonymous === true && offers('ANONYMOUS')) return { kind: 'chosen', name: 'ANONYMOUS' }
  const list = means.offered.join(', ')
  return problem('no-mechanism', `no mechanism of ${list || 'none'} can be used`)
}
