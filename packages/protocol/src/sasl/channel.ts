/**
 * What an end of a connection that knows its TLS makes of it at a login: a certificate of its own, channel binding (RFC 5802 section 6,
 * XEP-0440 version 1.0, XEP-0474 section 7) and the version of TLS (XEP-0515). Browsers know nothing of theirs, and have none of this.
 */

import { type ChannelBinding, channelBindingTypes, findBinding } from './channel-binding.ts'
import { giveUp, type SaslOffers } from './client-mechanism.ts'
import { tlsVersionCode } from './downgrade.ts'
import { boundScramNames, hashedTokenMechanism, hashedTokenNames } from './mechanism-name.ts'

export interface ChannelParts {
  /** What can be bound to. */
  readonly bindings: readonly ChannelBinding[]
  /** e.g. `TLSv1.3`. */
  readonly tlsVersion?: string | undefined
  /** A certificate of one's own was shown. */
  readonly hasCertificate?: boolean | undefined
  /** TLS often ends at a proxy before the server (WebSocket): that it offers no binding at all is no sign of an attack then. */
  readonly isOftenProxied?: boolean | undefined
}

/** What SCRAM says and does of the channel. */
export interface ScramBinding {
  /** The flag of the GS2 header, with the type. */
  readonly flag: string
  readonly data: Uint8Array
  /** Looks at the extensions of the server's first message. Throws a SaslProblemError. */
  readonly check: (extensions: ReadonlyMap<string, string>) => void
}

type Offers = Pick<SaslOffers, 'offered' | 'offeredBindings' | 'isSasl2'>

/** Where the server does not tell: the default of RFC 5802 section 6.1, there up to TLS 1.2 only; then that of RFC 9266. */
const untoldOrder = ['tls-unique', 'tls-exporter', 'tls-server-end-point'] as const

export class SaslChannel {
  readonly bindings: readonly ChannelBinding[]
  readonly tlsVersion: string | undefined
  readonly hasCertificate: boolean
  readonly #isOftenProxied: boolean

  constructor({ bindings, tlsVersion, hasCertificate = false, isOftenProxied = false }: ChannelParts) {
    this.bindings = bindings
    this.tlsVersion = tlsVersion
    this.hasCertificate = hasCertificate
    this.#isOftenProxied = isOftenProxied
  }

  /** The mechanisms that only such a connection has, best first. Throws a SaslProblemError. */
  mechanisms(offers: Offers, password: boolean): string[] {
    if (this.hasCertificate && offers.offered.includes('EXTERNAL')) return ['EXTERNAL']
    if (!password) return []
    this.#refuseHidden(offers)
    return this.#mutual(offers) === undefined ? [] : [...boundScramNames]
  }

  /** The mechanisms that only such a connection can prove a token by, best first. */
  get tokenMechanisms(): readonly string[] {
    const types = this.bindings.map(({ type }) => type)
    return hashedTokenNames.filter((name) => types.includes(hashedTokenMechanism(name)!.binding!))
  }

  /** What a mechanism for tokens binds to; undefined where that is not here. */
  tokenBinding(name: string): Uint8Array | undefined {
    return findBinding(this.bindings, hashedTokenMechanism(name)?.binding ?? '')?.data
  }

  /** Throws a SaslProblemError. */
  scramBinding(offers: Offers, plus: boolean): ScramBinding {
    this.#refuseHidden(offers)
    const binding = this.#mutual(offers)
    if (plus)
      return binding === undefined
        ? giveUp('binding-unavailable')
        : { flag: `p=${binding.type}`, data: binding.data, check: (extensions) => this.#checkVersion(extensions) }
    const types = offers.offeredBindings ?? []
    const canBind = this.#usable(offers).length > 0
    // [XEP-0440 3, rules 2 and 3] 'y': we could bind, but the server seems unable to
    const flag = canBind && !offersPlus(offers) && types.length === 0 ? 'y' : 'n'
    // [XEP-0474 7, new rule 6] nothing in common, and not even the type every server must have
    const isSuspect = flag === 'n' && canBind && binding === undefined && !types.includes('tls-server-end-point')
    return {
      flag,
      data: new Uint8Array(0),
      check: (extensions) => {
        this.#checkVersion(extensions)
        if (isSuspect && !extensions.has('h')) giveUp('downgrade', 'an unproved list of bindings')
      },
    }
  }

  /** [XEP-0515 5.2] */
  #checkVersion(extensions: ReadonlyMap<string, string>): void {
    const [ours, theirs] = [tlsVersionCode(this.tlsVersion), extensions.get('t')]
    if (ours !== undefined && theirs !== undefined && ours !== theirs) giveUp('downgrade', 'another version of TLS')
  }

  #usable(offers: Offers): readonly ChannelBinding[] {
    const offersNothing = !offersPlus(offers) && (offers.offeredBindings ?? []).length === 0
    return this.#isOftenProxied && offersNothing ? [] : this.bindings
  }

  /** The strongest type that both sides have. [XEP-0440 3, rule 7] */
  #mutual(offers: Offers): ChannelBinding | undefined {
    const types = offers.offeredBindings ?? []
    const order = types.length > 0 ? channelBindingTypes.filter((type) => types.includes(type)) : untoldOrder
    const usable = this.#usable(offers)
    return order.map((type) => findBinding(usable, type)).find((binding) => binding !== undefined)
  }

  /** Types without a mechanism for them, or with SASL2 a mechanism without types: somebody took the others out. [XEP-0440 3, rules 4 and 5] */
  #refuseHidden(offers: Offers): void {
    const hasTypes = (offers.offeredBindings ?? []).length > 0
    if (this.#usable(offers).length === 0 || offersPlus(offers) === hasTypes) return
    if (hasTypes) giveUp('downgrade', 'channel bindings without a mechanism')
    if (offers.isSasl2) giveUp('downgrade', 'a mechanism without channel bindings')
  }
}

function offersPlus({ offered }: Offers): boolean {
  return offered.some((name) => name.endsWith('-PLUS'))
}
