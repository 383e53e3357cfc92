/**
 * Publish-Subscribe (XEP-0060 1.30.0), what pubsub.ts leaves out: subscribing, making and configuring nodes, and who may do what with them.
 * It is the same `<pubsub/>`: each codec reads its own part of it. Its forms are in pubsub-forms.ts.
 */
import {
  address,
  attribute,
  dateTime,
  type ElementCodec,
  element,
  flag,
  ignorableAttribute,
  ignorableChildren,
  mapped,
  type OptionalPart,
  oneOf,
  optionalAttribute,
  optionalChild,
  string,
} from '../codec/index.ts'
import { type DataForm, dataForm } from '../forms/index.ts'
import type { Jid } from '../jid/index.ts'
import { PUBSUB_EVENT_NS, PUBSUB_NS, PUBSUB_OWNER_NS } from './pubsub.ts'

/** [XEP-0060 4.2] */
export type PubsubSubscriptionState = 'none' | 'pending' | 'subscribed' | 'unconfigured'

export interface PubsubSubscription {
  readonly node?: string | undefined
  /** Whose it is: an account or one of its clients. */
  readonly jid: Jid
  readonly subId?: string | undefined
  readonly state?: PubsubSubscriptionState | undefined
  /** When it ends, in milliseconds since 1970 in UTC. [XEP-0060 13.19] */
  readonly expiry?: number | undefined
  /** Options may be set, or must be. [XEP-0060 6.1.5] */
  readonly options?: { readonly required?: boolean | undefined } | undefined
}

/** What somebody is to a node. [XEP-0060 4.1] */
export type PubsubAffiliation = 'owner' | 'publisher' | 'publish-only' | 'member' | 'none' | 'outcast'

export interface PubsubAffiliated {
  /** Which node; an owner's list is of one node and leaves it out. */
  readonly node?: string | undefined
  /** Who; one's own list leaves it out. */
  readonly jid?: Jid | undefined
  readonly affiliation: PubsubAffiliation
}

/** A form for or of a node; without the form a question. */
export interface PubsubForm {
  readonly node?: string | undefined
  readonly form?: DataForm | undefined
}

/** `node` missing: all of a service. In owners' requests it is there. */
export interface PubsubSubscriptions {
  readonly node?: string | undefined
  readonly subscriptions: readonly PubsubSubscription[]
}

export interface PubsubAffiliations {
  readonly node?: string | undefined
  readonly affiliations: readonly PubsubAffiliated[]
}

export interface NodeRequest {
  /** Without a node the service makes up its name and answers with it. [XEP-0060 8.1.2] */
  readonly create?: { readonly node?: string | undefined } | undefined
  /** Of the node that is created. [XEP-0060 8.1.3] */
  readonly configure?: DataForm | undefined
  readonly subscribe?: { readonly node?: string | undefined; readonly jid: Jid } | undefined
  readonly unsubscribe?:
    | { readonly node?: string | undefined; readonly jid: Jid; readonly subId?: string | undefined }
    | undefined
  /** Of a subscription; beside `subscribe` nothing but the form is needed. [XEP-0060 6.3] */
  readonly options?: (PubsubForm & { readonly jid?: Jid | undefined; readonly subId?: string | undefined }) | undefined
  /** What came of subscribing. [XEP-0060 6.1.2] */
  readonly subscription?: PubsubSubscription | undefined
  /** One's own. [XEP-0060 5.6] */
  readonly subscriptions?: PubsubSubscriptions | undefined
  /** One's own. [XEP-0060 5.7] */
  readonly affiliations?: PubsubAffiliations | undefined
  /** The options that new subscriptions have. [XEP-0060 6.4] */
  readonly default?: PubsubForm | undefined
}

const node = optionalAttribute('node', string)
const jid = attribute('jid', address)
const subId = optionalAttribute('subid', string)
const form = optionalChild(dataForm)

const formIn = /* @__NO_SIDE_EFFECTS__ */ (ns: string, name: string): OptionalPart<PubsubForm> =>
  optionalChild(element(ns, name, { node, form }))

/** The same in every namespace of pubsub. */
const subscriptionIn = /* @__NO_SIDE_EFFECTS__ */ (ns: string): ElementCodec<PubsubSubscription> =>
  element(ns, 'subscription', {
    node,
    jid: attribute('jid', address),
    subId: optionalAttribute('subid', string),
    state: optionalAttribute('subscription', oneOf('none', 'pending', 'subscribed', 'unconfigured')),
    expiry: ignorableAttribute('expiry', dateTime),
    options: optionalChild(element(ns, 'subscribe-options', { required: flag('required') })),
  })

const subscriptionsIn = /* @__NO_SIDE_EFFECTS__ */ (ns: string): OptionalPart<PubsubSubscriptions> =>
  optionalChild(element(ns, 'subscriptions', { node, subscriptions: ignorableChildren(subscriptionIn(ns)) }))

const affiliationsIn = /* @__NO_SIDE_EFFECTS__ */ (ns: string): OptionalPart<PubsubAffiliations> => {
  const affiliation: ElementCodec<PubsubAffiliated> = element(ns, 'affiliation', {
    node,
    jid: optionalAttribute('jid', address),
    affiliation: attribute('affiliation', oneOf('owner', 'publisher', 'publish-only', 'member', 'none', 'outcast')),
  })
  return optionalChild(element(ns, 'affiliations', { node, affiliations: ignorableChildren(affiliation) }))
}

/** Requests of everybody, and their results. */
export const pubsubNode: ElementCodec<NodeRequest> = element(PUBSUB_NS, 'pubsub', {
  create: optionalChild(element(PUBSUB_NS, 'create', { node })),
  configure: mapped(
    optionalChild(element(PUBSUB_NS, 'configure', { form })),
    ({ form: sent }): DataForm => sent ?? { type: 'submit', instructions: [], fields: [], items: [] },
    (sent) => ({ form: sent }),
  ),
  subscribe: optionalChild(element(PUBSUB_NS, 'subscribe', { node, jid })),
  unsubscribe: optionalChild(element(PUBSUB_NS, 'unsubscribe', { node, jid, subId })),
  subscription: optionalChild(subscriptionIn(PUBSUB_NS)),
  options: optionalChild(element(PUBSUB_NS, 'options', { node, jid: optionalAttribute('jid', address), subId, form })),
  subscriptions: subscriptionsIn(PUBSUB_NS),
  affiliations: affiliationsIn(PUBSUB_NS),
  default: formIn(PUBSUB_NS, 'default'),
})

export interface NodeOwnerRequest {
  /** Asks for the configuration form, or submits it. [XEP-0060 8.2] */
  readonly configure?: PubsubForm | undefined
  /** The configuration that new nodes have. [XEP-0060 8.3] */
  readonly default?: PubsubForm | undefined
  /** Every item goes, the node stays. [XEP-0060 8.5] */
  readonly purge?: { readonly node: string } | undefined
  readonly subscriptions?: PubsubSubscriptions | undefined
  readonly affiliations?: PubsubAffiliations | undefined
}

/** Requests of the owner of a node; deleting it is in `pubsubOwner` of pubsub.ts. */
export const pubsubNodeOwner: ElementCodec<NodeOwnerRequest> = element(PUBSUB_OWNER_NS, 'pubsub', {
  configure: formIn(PUBSUB_OWNER_NS, 'configure'),
  default: formIn(PUBSUB_OWNER_NS, 'default'),
  purge: optionalChild(element(PUBSUB_OWNER_NS, 'purge', { node: attribute('node', string) })),
  subscriptions: subscriptionsIn(PUBSUB_OWNER_NS),
  affiliations: affiliationsIn(PUBSUB_OWNER_NS),
})

/** Of a node itself. */
export interface PubsubNodeEvent {
  /** The node is configured anew; with the form where payloads are delivered. [XEP-0060 8.2.5.4] */
  readonly configuration?: { readonly node?: string | undefined; readonly form?: DataForm | undefined } | undefined
  /** A node came into a collection, or left it. [XEP-0248 5.3.2] */
  readonly collection?:
    | {
        readonly node?: string | undefined
        readonly associated?: string | undefined
        readonly dissociated?: string | undefined
      }
    | undefined
  /** The state of a subscription changed. [XEP-0060 8.6, 13.14] */
  readonly subscription?: PubsubSubscription | undefined
}

const nodeOf = /* @__NO_SIDE_EFFECTS__ */ (name: string): OptionalPart<string> =>
  mapped(
    optionalChild(element(PUBSUB_EVENT_NS, name, { node: attribute('node', string) })),
    (found) => found.node,
    (id) => ({ node: id }),
  )

/** What a message tells of a node itself; of its items: `pubsubEvent` of pubsub.ts. */
export const pubsubNodeEvent: ElementCodec<PubsubNodeEvent> = element(PUBSUB_EVENT_NS, 'event', {
  collection: optionalChild(
    element(PUBSUB_EVENT_NS, 'collection', {
      node,
      associated: nodeOf('associate'),
      dissociated: nodeOf('disassociate'), // as the schema has it [XEP-0060 18.3]
    }),
  ),
  configuration: optionalChild(element(PUBSUB_EVENT_NS, 'configuration', { node, form: optionalChild(dataForm) })),
  subscription: optionalChild(subscriptionIn(PUBSUB_EVENT_NS)),
})
