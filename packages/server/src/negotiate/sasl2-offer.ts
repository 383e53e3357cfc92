/** What is offered to a client that may log in by XEP-0388: mechanisms, what can be had together with the login, and by which version of all that it goes. */
import { hash } from 'node:crypto'
import { fastOffer } from '@rookery/protocol/xeps/fast'
import { managementFeature } from '@rookery/protocol/xeps/management'
import { type ConfigVersion, configVersion, configVersionMismatch } from '@rookery/protocol/xeps/pipelining'
import { authentication, failure } from '@rookery/protocol/xeps/sasl2'
import { scramTask, upgrade } from '@rookery/protocol/xeps/upgrade'
import { type Element, writeElement } from '@rookery/protocol/xml'
import { offer as bind2 } from './bind2.ts'
import { allowsSasl2, offerMechanisms, tokenMechanismsOf } from './mechanisms.ts'
import type { Negotiation, ServerStreamFeature } from './negotiation.ts'
import { channelBindings } from './sasl.ts'

export function offerSasl2(n: Negotiation): Element | undefined {
  const mechanisms = allowsSasl2(n) ? offerMechanisms(n) : []
  if (mechanisms.length === 0) return undefined // [XEP-0388 2.1]
  return authentication.build({ mechanisms, inline: inlineOffers(n), others: upgradeOffers(n) })
}

function inlineOffers(n: Negotiation): Element[] {
  const offers = [bind2(n), managementFeature] // [XEP-0198 8.2]
  const mechanisms = tokenMechanismsOf(n)
  if (mechanisms.length > 0) offers.push(fastOffer.build({ mechanisms }))
  return offers
}

/** The same for everybody: it would tell who has an account. [XEP-0480 2.1] */
function upgradeOffers(n: Negotiation): Element[] {
  return n.host.accounts.upgradable.map((each) => upgrade.build({ task: scramTask(each) }))
}

/** By which a client that does not wait for the offers says what it knows of them. [XEP-0509 2] */
export const configVersions: ServerStreamFeature = {
  name: 'config-version',
  offer(n) {
    const value = versionOf(n)
    if (value === undefined) return undefined
    versions.set(n, value)
    return configVersion.build({ scheme: 'opaque', value })
  },
  takes: () => false,
  receive: () => undefined,
}

/** As it was offered: who may use what can change meanwhile. */
const versions = new WeakMap<Negotiation, string>()

function versionOf(n: Negotiation): string | undefined {
  const offered = [offerSasl2(n), channelBindings.offer(n)]
  if (offered[0] === undefined) return undefined
  const text = offered.map((element) => (element === undefined ? '' : writeElement(element, ''))).join('')
  return hash('sha256', text, 'base64').slice(0, 22)
}

/** Refuses, without prejudice, a login by offers that are others now. [XEP-0509 2.2] */
export function refuseVersion(n: Negotiation, version: ConfigVersion | undefined): Element | undefined {
  if (version === undefined || version.value === (versions.get(n) ?? versionOf(n))) return undefined
  return failure.build({
    condition: 'aborted',
    others: [configVersionMismatch],
    text: 'the server offers something else now',
  })
}
