/**
 * Publish-Subscribe (XEP-0060 1.30.0), as much of it as personal eventing for one's own account needs (XEP-0163 1.2.2, XEP-0223 1.1.1):
 * publishing with options, retrieving, retracting, deleting a node, and the events that tell of it. Not subscriptions, affiliations, nor
 * the configuration of nodes as a request of its own.
 *
 * A node is optional wherever its lack has an error of its own.
 */
import {
  anyChildren,
  attribute,
  attributesOf,
  boolean,
  children,
  type ElementCodec,
  element,
  integer,
  mapped,
  optionalAttribute,
  optionalChild,
  string,
} from '../codec/index.ts'
import {
  booleanField,
  type DataForm,
  dataForm,
  type FieldKind,
  type FormCodec,
  form,
  listSingle,
  textSingle,
} from '../forms/index.ts'
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
        readonly items: readonly PubsubItem[]
      }
    | undefined
  readonly retract?:
    | {
        readonly node?: string | undefined
        readonly notify?: boolean | undefined
        readonly items: readonly PubsubItem[]
      }
    | undefined
}

const itemOf = (ns: string): ElementCodec<PubsubItem> =>
  element(ns, 'item', {
    id: optionalAttribute('id', string),
    publisher: optionalAttribute('publisher', string),
    payloads: anyChildren(),
  })

const item = itemOf(PUBSUB_NS)
const node = optionalAttribute('node', string)
/** Where requests for a node that is gone should go. */
const redirectIn = (ns: string) =>
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
    element(PUBSUB_NS, 'items', { node, max: optionalAttribute('max_items', integer(1)), items: children(item) }),
  ),
  retract: optionalChild(
    element(PUBSUB_NS, 'retract', { node, notify: optionalAttribute('notify', boolean), items: children(item) }),
  ),
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

/** What a message tells. */
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

/** What is known here of the configuration of a node. [XEP-0060 16.4.4] */
export type NodeFields = {
  readonly access: FieldKind<'authorize' | 'open' | 'presence' | 'roster' | 'whitelist', false>
  readonly persist: FieldKind<boolean, false>
  /** A number, or `max`: as many as the service allows. */
  readonly maxItems: FieldKind<string, false>
  readonly sendLast: FieldKind<'never' | 'on_sub' | 'on_sub_and_presence', false>
}

const nodeFields = {
  access: listSingle(['authorize', 'open', 'presence', 'roster', 'whitelist'], { var: 'pubsub#access_model' }),
  persist: booleanField({ var: 'pubsub#persist_items' }),
  maxItems: textSingle({ var: 'pubsub#max_items' }),
  sendLast: listSingle(['never', 'on_sub', 'on_sub_and_presence'], { var: 'pubsub#send_last_published_item' }),
}

/** Preconditions of a publication. [XEP-0060 7.1.5] */
export const publishOptions: FormCodec<NodeFields> = form(
  'http://jabber.org/protocol/pubsub#publish-options',
  nodeFields,
)

export const nodeConfiguration: FormCodec<NodeFields> = form(
  'http://jabber.org/protocol/pubsub#node_config',
  nodeFields,
)

export type PubsubErrorCondition =
  | 'invalid-options'
  | 'invalid-payload'
  | 'item-required'
  | 'max-nodes-exceeded'
  | 'nodeid-required'
  | 'payload-required'
  | 'payload-too-big'
  | 'precondition-not-met'
  | 'unsupported-access-model'

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
