/**
 * Publish-Subscribe (XEP-0060 1.30.0), as much of it as personal eventing for one's own account needs (XEP-0163 1.2.2, XEP-0223 1.1.1):
 * publishing with options, retrieving, retracting, deleting a node, and the events of that. Subscriptions, affiliations, and making and
 * configuring nodes are in pubsub-nodes.ts; the forms in
 * pubsub-forms.ts.
 *
 * A node is optional wherever its lack has an error of its own.
 */
import {
  anyChildren,
  attribute,
  attributesOf,
  boolean,
  child,
  children,
  type ElementCodec,
  element,
  integer,
  mapped,
  optionalAttribute,
  optionalChild,
  optionalElement,
  string,
} from '../codec/index.ts'
import { type DataForm, dataForm } from '../forms/index.ts'
import { RSM_NS } from '../rsm/index.ts'
import { StanzaError, type StanzaErrorCondition } from '../stanza/index.ts'
import { type Element, el } from '../xml/index.ts'

export const PUBSUB_NS = 'http://jabber.org/protocol/pubsub'
export const PUBSUB_OWNER_NS = 'http://jabber.org/protocol/pubsub#owner'
export const PUBSUB_EVENT_NS = 'http://jabber.org/protocol/pubsub#event'
export const PUBSUB_ERRORS_NS = 'http://jabber.org/protocol/pubsub#errors'

export interface PubsubItem {
  readonly id?: string | undefined
  /** Stamped by the service; what a publisher claims here counts for nothing. [XEP-0060 7.1.2.3] */
  readonly publisher?: string | undefined
  /** One; how many there really are is for the service to judge. [XEP-0060 7.1.3.6] */
  readonly payloads: readonly Element[]
}

export interface PubsubRequest {
  readonly publish?: { readonly node?: string | undefined; readonly items: readonly PubsubItem[] } | undefined
  readonly options?: DataForm | undefined
  readonly items?:
    | {
        readonly node?: string | undefined
        /** So many of the newest. [XEP-0060 6.5.7] */
        readonly max?: number | undefined
        /** Which subscription is meant, where somebody has several. [XEP-0060 6.5.9.1] */
        readonly subId?: string | undefined
        readonly items: readonly PubsubItem[]
      }
    | undefined
  /** The page of `items`: to be read with `pageRequest` or `pageResult` of rsm/. [XEP-0060 6.5.4] */
  readonly page?: Element | undefined
  readonly retract?:
    | {
        readonly node?: string | undefined
        readonly notify?: boolean | undefined
        readonly items: readonly PubsubItem[]
      }
    | undefined
}

const itemOf = /* @__NO_SIDE_EFFECTS__ */ (ns: string): ElementCodec<PubsubItem> =>
  element(ns, 'item', {
    id: optionalAttribute('id', string),
    publisher: optionalAttribute('publisher', string),
    payloads: anyChildren(),
  })

const item = itemOf(PUBSUB_NS)
const node = optionalAttribute('node', string)
/** Where requests for a node that is gone should go. */
const redirectIn = /* @__NO_SIDE_EFFECTS__ */ (ns: string) =>
  mapped(
    optionalChild(element(ns, 'redirect', { uri: attribute('uri', string) })),
    ({ uri }) => uri,
    (uri) => ({ uri }),
  )

/** Requests of publishers and subscribers, and their results. */
export const pubsub: ElementCodec<PubsubRequest> = element(PUBSUB_NS, 'pubsub', {
  publish: optionalChild(element(PUBSUB_NS, 'publish', { node, items: children(item) })),
  options: mapped(
    optionalChild(element(PUBSUB_NS, 'publish-options', { form: optionalChild(dataForm) })),
    ({ form: sent }): DataForm => sent ?? { type: 'submit', instructions: [], fields: [], items: [] },
    (sent) => ({ form: sent }),
  ),
  items: optionalChild(
    element(PUBSUB_NS, 'items', {
      node,
      max: optionalAttribute('max_items', integer(1)),
      subId: optionalAttribute('subid', string),
      items: children(item),
    }),
  ),
  page: optionalElement('set', RSM_NS),
  retract: optionalChild(
    element(PUBSUB_NS, 'retract', { node, notify: optionalAttribute('notify', boolean), items: children(item) }),
  ),
})

/** The answer to who asks for items. [XEP-0060 6.5] */
export const pubsubItems: ElementCodec<{
  readonly items: { readonly items: readonly PubsubItem[] }
  readonly page?: Element | undefined
}> = element(PUBSUB_NS, 'pubsub', {
  items: child(element(PUBSUB_NS, 'items', { items: children(item) })),
  page: optionalElement('set', RSM_NS),
})

/** Requests of the owner of a node. */
export const pubsubOwner: ElementCodec<{
  readonly delete?: { readonly node?: string | undefined; readonly redirect?: string | undefined } | undefined
}> = element(PUBSUB_OWNER_NS, 'pubsub', {
  delete: optionalChild(element(PUBSUB_OWNER_NS, 'delete', { node, redirect: redirectIn(PUBSUB_OWNER_NS) })),
})

export interface PubsubEvent {
  readonly items?:
    | {
        readonly node: string
        readonly items: readonly PubsubItem[]
        /** Ids of items that are gone. [XEP-0060 7.2.2.1] */
        readonly retracted: readonly string[]
      }
    | undefined
  /** The node is gone. [XEP-0060 8.4.2] */
  readonly delete?: { readonly node: string; readonly redirect?: string | undefined } | undefined
  /** The node is empty. [XEP-0060 8.5.2] */
  readonly purge?: { readonly node: string } | undefined
}

/** What a message tells of the items of a node; of the node itself: `pubsubNodeEvent` of pubsub-nodes.ts. */
export const pubsubEvent: ElementCodec<PubsubEvent> = element(PUBSUB_EVENT_NS, 'event', {
  items: optionalChild(
    element(PUBSUB_EVENT_NS, 'items', {
      node: attribute('node', string),
      items: children(itemOf(PUBSUB_EVENT_NS)),
      retracted: attributesOf('retract', 'id', string),
    }),
  ),
  delete: optionalChild(
    element(PUBSUB_EVENT_NS, 'delete', { node: attribute('node', string), redirect: redirectIn(PUBSUB_EVENT_NS) }),
  ),
  purge: optionalChild(element(PUBSUB_EVENT_NS, 'purge', { node: attribute('node', string) })),
})

/** [XEP-0060 18.2] */
export type PubsubErrorCondition =
  | 'closed-node'
  | 'configuration-required'
  | 'invalid-jid'
  | 'invalid-options'
  | 'invalid-payload'
  | 'invalid-subid'
  | 'item-forbidden'
  | 'item-required'
  | 'jid-required'
  | 'max-items-exceeded'
  | 'max-nodes-exceeded'
  | 'nodeid-required'
  | 'not-in-roster-group'
  | 'not-subscribed'
  | 'payload-required'
  | 'payload-too-big'
  | 'pending-subscription'
  | 'precondition-not-met'
  | 'presence-subscription-required'
  | 'subid-required'
  | 'too-many-subscriptions'
  | 'unsupported'
  | 'unsupported-access-model'

/** The condition of pubsub in an error that came back; one that is not in the list is given as it is. */
export function pubsubConditionOf({ application }: StanzaError): PubsubErrorCondition | undefined {
  return application?.ns === PUBSUB_ERRORS_NS ? (application.name as PubsubErrorCondition) : undefined
}

/** A refusal with its condition of pubsub beside that of RFC 6120. */
export function pubsubError(
  condition: StanzaErrorCondition,
  specific: PubsubErrorCondition,
  text?: string,
): StanzaError {
  return new StanzaError(condition, { text, application: el(specific, PUBSUB_ERRORS_NS) })
}

/** The service lacks a feature, of the names in section 10. */
export function pubsubUnsupported(feature: string): StanzaError {
  return new StanzaError('feature-not-implemented', { application: unsupported.build({ feature }) })
}

export const unsupported: ElementCodec<{ readonly feature: string }> = element(PUBSUB_ERRORS_NS, 'unsupported', {
  feature: attribute('feature', string),
})
