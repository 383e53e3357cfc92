/** What requests about nodes are refused with, XEP-0060. */
import { StanzaError } from '@rookery/protocol/stanza'
import { PUBSUB_OWNER_NS, pubsubError, pubsubUnsupported } from '@rookery/protocol/xeps/pubsub'
import type { Element } from '@rookery/protocol/xml'

export const noNode = pubsubError('bad-request', 'nodeid-required')
export const noItem = pubsubError('bad-request', 'item-required')
export const noPayload = pubsubError('bad-request', 'payload-required')
export const badPayload = pubsubError('bad-request', 'invalid-payload', 'an item has one element')
/** Characters of the id of a node or an item. The longest address fits. [RFC7622 3.1] */
const longest = 3071
export const tooLong = new StanzaError('not-acceptable', { text: `an id has at most ${longest} characters` })

export function isTooLong(id: string): boolean {
  return id.length > longest
}

export function badRequest(text: string | undefined): StanzaError {
  return new StanzaError('bad-request', { text })
}

/** Features that requests need which are not served here, by the name of their element. */
const needed: ReadonlyMap<string, string> = new Map([
  ['create', 'create-nodes'],
  ['subscribe', 'subscribe'],
  ['unsubscribe', 'subscribe'],
  ['options', 'subscription-options'],
  ['subscriptions', 'retrieve-subscriptions'],
  ['affiliations', 'retrieve-affiliations'],
  ['default', 'retrieve-default-sub'],
])
const neededByOwners: ReadonlyMap<string, string> = new Map([
  ['configure', 'config-node'],
  ['default', 'retrieve-default'],
  ['purge', 'purge-nodes'],
  ['subscriptions', 'manage-subscriptions'],
  ['affiliations', 'modify-affiliations'],
])

/** A request that is not one of ours: what is lacking, or that it makes no sense. [XEP-0060 10, S93] */
export function lacking(payload: Element): StanzaError {
  const features = payload.ns === PUBSUB_OWNER_NS ? neededByOwners : needed
  for (const child of payload.childElements()) {
    const feature = child.ns === payload.ns ? features.get(child.name) : undefined
    if (feature !== undefined) return pubsubUnsupported(feature)
  }
  return badRequest('there is no such request')
}
