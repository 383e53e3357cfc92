/** What a client says about channel binding, and to which type it binds (RFC 5802 section 6, XEP-0440 version 1.0, XEP-0474 section 7). */

import { type ChannelBinding, type ChannelBindingType, channelBindingTypes, findBinding } from './channel-binding.ts'
import { problem, type SaslClientFailure } from './client-mechanism.ts'

export type BindingChoice =
  | { readonly kind: 'bind'; readonly binding: ChannelBinding }
  /** The GS2 flag to send, and whether to go on only if the server proves its offers by XEP-0474. */
  | { readonly kind: 'unbound'; readonly flag: 'n' | 'y'; readonly mustProveOffers: boolean }
  | SaslClientFailure

/** What each side has. */
export interface BindingOffers {
  /** What this end of the connection can bind to; empty if it cannot (browsers). */
  readonly channelBindings: readonly ChannelBinding[]
  /** The mechanisms the server offered, all of them, of the SASL version in use. */
  readonly offered: readonly string[]
  /** The binding types the server advertised by XEP-0440; undefined or empty if it did not. */
  readonly offeredBindings?: readonly string[]
}

/** Where the server does not tell: the default of RFC 5802 section 6.1, there up to TLS 1.2 only; then that of RFC 9266. */
const untoldOrder: readonly ChannelBindingType[] = ['tls-unique', 'tls-exporter', 'tls-server-end-point']

export function chooseBinding(offers: BindingOffers, plus: boolean): BindingChoice {
  const hidden = hiddenBindings(offers)
  if (hidden !== undefined) return hidden
  if (!plus) return chooseFlag(offers)
  const binding = mutualBinding(offers)
  return binding === undefined ? problem('binding-unavailable') : { kind: 'bind', binding }
}

/** The strongest type that both sides have. [XEP-0440 3, rule 7] */
export function mutualBinding(offers: BindingOffers): ChannelBinding | undefined {
  const types = offers.offeredBindings ?? []
  const order = types.length > 0 ? channelBindingTypes.filter((type) => types.includes(type)) : untoldOrder
  for (const type of order) {
    const binding = findBinding(offers.channelBindings, type)
    if (binding !== undefined) return binding
  }
  return undefined
}

/** Types without a mechanism for them: somebody took the mechanisms out of the list. [XEP-0440 3, rule 5] */
export function hiddenBindings(offers: BindingOffers): SaslClientFailure | undefined {
  if (offers.channelBindings.length === 0 || offersPlus(offers)) return undefined
  if ((offers.offeredBindings ?? []).length === 0) return undefined
  return problem('downgrade', 'channel bindings without a mechanism')
}

function chooseFlag(offers: BindingOffers): BindingChoice {
  const types = offers.offeredBindings ?? []
  // [XEP-0440 3, rule 2]
  if (offers.channelBindings.length === 0) return { kind: 'unbound', flag: 'n', mustProveOffers: false }
  // [XEP-0440 3, rule 3] we could bind, but the server seems unable to
  if (!offersPlus(offers) && types.length === 0) return { kind: 'unbound', flag: 'y', mustProveOffers: false }
  // [XEP-0474 7, new rule 6] nothing in common, and not even the type every server must have
  const isSuspect = mutualBinding(offers) === undefined && !types.includes('tls-server-end-point')
  return { kind: 'unbound', flag: 'n', mustProveOffers: isSuspect }
}

function offersPlus(offers: BindingOffers): boolean {
  return offers.offered.some((name) => name.endsWith('-PLUS'))
}
