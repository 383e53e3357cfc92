/**
 * Publish-Subscribe (XEP-0060 1.30.0) with services at any address. Without a codec items are elements. The nodes of accounts are easier
 * with `pep`.
 */
import type { DataForm } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import {
  type PubsubAffiliation,
  type PubsubSubscription,
  type PubsubSubscriptionState,
  pubsubNode,
  pubsubNodeEvent,
  pubsubNodeOwner,
} from '@rookery/protocol/xeps/pubsub-nodes'
import type { Element } from '@rookery/protocol/xml'
import { readJid } from '../../contract/address.ts'
import { type Core, defineExtension, type Extension, events } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { messages } from '../../messages/index.ts'
import { disco, type ItemsOptions } from '../disco.ts'
import { eventing, type NodeEvent, type PubsubEvents, readEvents } from './eventing.ts'
import type { NodeConfig, NodeSetting, PubsubFields, SubscriptionSetting } from './fields.ts'
import { type ItemCodec, rawItem } from './node.ts'
import { createNode, fieldsOf, missing } from './owner.ts'
import { type NodeSubscriptionRequest, pendingNodes, readRequest } from './requests.ts'
import { PubsubService } from './service.ts'
import { ServiceNode } from './service-node.ts'

export interface CreateOptions extends WaitOptions {
  /** The service makes one up unless told, where it can. */
  readonly name?: string | undefined
  readonly config?: NodeConfig | undefined
}

export interface ConfiguredEvent extends NodeEvent {
  /** Missing where the node sends notifications alone. */
  readonly form: DataForm | undefined
}

export interface SubscriptionEvent extends NodeEvent {
  readonly jid: Jid
  readonly state: PubsubSubscriptionState | undefined
  readonly subId: string | undefined
}

export type PubsubServiceEvents = PubsubEvents & {
  readonly 'pubsub:configured': ConfiguredEvent
  /** A subscription of ours was granted, refused, or ended. */
  readonly 'pubsub:subscription': SubscriptionEvent
  /** Somebody wants to subscribe to a node of ours. */
  readonly 'pubsub:requested': NodeSubscriptionRequest
}

export class Pubsub {
  readonly #core: Core<PubsubServiceEvents>

  constructor(core: Core<PubsubServiceEvents>) {
    this.#core = core
    core.use(eventing)
    readEvents(core, pubsubNodeEvent, ({ configuration, subscription }, about) => {
      const work: unknown[] = []
      if (configuration !== undefined)
        work.push(core.emit('pubsub:configured', { ...about(configuration.node), form: configuration.form }))
      if (subscription !== undefined) {
        const { node, jid, state, subId } = subscription
        work.push(core.emit('pubsub:subscription', { ...about(node), jid, state, subId }))
      }
      return work
    })
    core.use(messages).onMessage((message) => {
      const request = readRequest(core, message)
      return request && (core.emit('pubsub:requested', request) ?? true)
    })
  }

  /**
   * A node, whether it exists or not.
   *
   * ```ts
   * const feed = client.pubsub.node('pubsub.example.org', 'news', json(schema))
   * feed.on('item', ({ value }) => show(value))
   * await feed.subscribe()
   * for await (const { id, value } of feed.items()) show(value)
   * ```
   */
  node(service: Jid | string, name: string): ServiceNode<Element>
  node<T>(service: Jid | string, name: string, codec: ItemCodec<T>): ServiceNode<T>
  node<T>(service: Jid | string, name: string, codec?: ItemCodec<T>): ServiceNode<T> | ServiceNode<Element> {
    const at = this.#at(service)
    return codec === undefined ? new ServiceNode(at, name, rawItem) : new ServiceNode(at, name, codec)
  }

  /** The service beside our server, undefined where there is none. */
  service(options?: WaitOptions): Promise<Jid | undefined> {
    return this.#core.use(disco).find({ category: 'pubsub', type: 'service' }, options)
  }

  /** The nodes of a service, or of a collection. [XEP-0060 5.2] */
  async *nodes(
    service: Jid | string,
    options: ItemsOptions = {},
  ): AsyncGenerator<{ readonly node: string; readonly name: string | undefined }, undefined> {
    for await (const { node, name } of this.#core.use(disco).items(service, options))
      if (node !== undefined) yield { node, name }
  }

  /** Makes a node; the answer is its name. [XEP-0060 8.1] */
  create(service: Jid | string, options: CreateOptions = {}): Promise<string> {
    return createNode(this.#at(service), options.name, options.config, options)
  }

  /** All of our subscriptions at a service. [XEP-0060 5.6] */
  async subscriptions(service: Jid | string, options?: WaitOptions): Promise<readonly PubsubSubscription[]> {
    const request = pubsubNode.build({ subscriptions: { subscriptions: [] } })
    const answer = await this.#at(service).ask('get', request, pubsubNode, options)
    return answer.subscriptions?.subscriptions ?? missing('subscriptions')
  }

  /**
   * The nodes of ours where somebody waits for our word, or may. With a `node`, the service asks for it once more, in the event
   * `pubsub:requested`. Throws an UnsupportedError where the service has no such command: `subscribers()` of a node has them in any case.
   */
  async pending(
    service: Jid | string,
    options: WaitOptions & { readonly node?: string | undefined } = {},
  ): Promise<readonly string[]> {
    return await pendingNodes(this.#at(service), options)
  }

  /** What we are to the nodes of a service. [XEP-0060 5.7] */
  async affiliations(
    service: Jid | string,
    options?: WaitOptions,
  ): Promise<readonly { readonly node: string; readonly affiliation: PubsubAffiliation }[]> {
    const request = pubsubNode.build({ affiliations: { affiliations: [] } })
    const answer = await this.#at(service).ask('get', request, pubsubNode, options)
    const list = answer.affiliations?.affiliations ?? missing('affiliations')
    return list.flatMap(({ node, affiliation }) => (node === undefined ? [] : { node, affiliation }))
  }

  /** The configuration that new nodes have. [XEP-0060 8.3] */
  async defaultConfiguration(service: Jid | string, options?: WaitOptions): Promise<PubsubFields<NodeSetting>> {
    const request = pubsubNodeOwner.build({ default: {} })
    return fieldsOf((await this.#at(service).ask('get', request, pubsubNodeOwner, options)).default)
  }

  /** The options that new subscriptions have. [XEP-0060 6.4] */
  async defaultSubscriptionOptions(
    service: Jid | string,
    options: WaitOptions & { readonly node?: string | undefined } = {},
  ): Promise<PubsubFields<SubscriptionSetting>> {
    const request = pubsubNode.build({ default: { node: options.node } })
    return fieldsOf((await this.#at(service).ask('get', request, pubsubNode, options)).default)
  }

  #at(service: Jid | string): PubsubService {
    return new PubsubService(this.#core, readJid(service))
  }
}

/** Nodes of any service. */
export const pubsub: Extension<'pubsub', Pubsub, PubsubServiceEvents> = defineExtension({
  name: 'pubsub',
  events: events<PubsubServiceEvents>(),
  start: (core) => new Pubsub(core),
})
