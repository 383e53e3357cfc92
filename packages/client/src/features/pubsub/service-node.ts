/**
 * A node of any service (XEP-0060 1.30.0): beside what node.ts has, subscriptions, affiliations, and what an owner does with it. Whether a
 * service has these things shows when they are asked for: an UnsupportedError says which feature it lacks.
 */
import { formTypeOf } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { PUBSUB_META_DATA, PUBSUB_SUBSCRIBE_OPTIONS } from '@rookery/protocol/xeps/pubsub-forms'
import {
  type NodeRequest,
  type PubsubAffiliation,
  type PubsubSubscription,
  type PubsubSubscriptionState,
  pubsubNode,
  pubsubNodeOwner,
} from '@rookery/protocol/xeps/pubsub-nodes'
import { readJid } from '../../contract/address.ts'
import type { ListenOptions } from '../../contract/events.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { disco } from '../disco.ts'
import {
  type NodeConfig,
  type NodeFact,
  type NodeSetting,
  PubsubFields,
  type SubscriptionOptions,
  type SubscriptionSetting,
  submission,
} from './fields.ts'
import { type FeedEvents, PubsubNode } from './node.ts'
import { createNode, fieldsOf, missing } from './owner.ts'
import type { ConfiguredEvent } from './pubsub.ts'
import { ownerRequest } from './service.ts'

export interface WhichSubscription extends WaitOptions {
  /** Who is subscribed: the account unless told, or one of its clients. */
  readonly jid?: Jid | string | undefined
  /** Which one, where somebody has several. */
  readonly subId?: string | undefined
}

export interface Affiliated {
  readonly jid: Jid
  readonly affiliation: PubsubAffiliation
}

export interface ServiceFeedEvents<T> extends FeedEvents<T> {
  readonly configured: ConfiguredEvent
}

export class ServiceNode<T> extends PubsubNode<T> {
  /** Listens to what its service says of this node; the answer stops it. Items that the codec cannot read are left out. */
  override on<K extends keyof ServiceFeedEvents<T>>(
    event: K,
    listener: (payload: ServiceFeedEvents<T>[K]) => unknown,
    options?: Pick<ListenOptions, 'signal'>,
  ): () => void {
    return super.on(event as keyof FeedEvents<T>, listener as (payload: unknown) => unknown, options)
  }

  /** `pending` in the answer: an owner has to agree, and the event `pubsub:subscription` will tell. [XEP-0060 6.1] */
  async subscribe(
    options: Pick<WhichSubscription, 'jid' | keyof WaitOptions> & { readonly options?: SubscriptionOptions } = {},
  ): Promise<PubsubSubscription> {
    const { options: wanted } = options
    const form = wanted === undefined ? undefined : submission(PUBSUB_SUBSCRIBE_OPTIONS, wanted)
    const { subscription } = await this.#ask(
      'set',
      { subscribe: { node: this.name, jid: this.#who(options) }, ...(form === undefined ? {} : { options: { form } }) },
      options,
    )
    return subscription ?? missing('subscription')
  }

  /** [XEP-0060 6.2] */
  async unsubscribe(options: WhichSubscription = {}): Promise<undefined> {
    const which = { node: this.name, jid: this.#who(options), subId: options.subId }
    await this.at.request('set', pubsubNode.build({ unsubscribe: which }), options)
  }

  /** The options of a subscription of ours, as the service has them. [XEP-0060 6.3] */
  async subscriptionOptions(options: WhichSubscription = {}): Promise<PubsubFields<SubscriptionSetting>> {
    const which = { node: this.name, jid: this.#who(options), subId: options.subId }
    return fieldsOf((await this.#ask('get', { options: which }, options)).options)
  }

  async setSubscriptionOptions(answers: SubscriptionOptions, options: WhichSubscription = {}): Promise<undefined> {
    const form = submission(PUBSUB_SUBSCRIBE_OPTIONS, answers)
    const which = { node: this.name, jid: this.#who(options), subId: options.subId, form }
    await this.at.request('set', pubsubNode.build({ options: which }), options)
  }

  /** Our own subscriptions to this node. [XEP-0060 5.6] */
  async subscriptions(options?: WaitOptions): Promise<readonly PubsubSubscription[]> {
    const request = { subscriptions: { node: this.name, subscriptions: [] } }
    return (await this.#ask('get', request, options)).subscriptions?.subscriptions ?? missing('subscriptions')
  }

  /** All subscriptions, for owners. [XEP-0060 8.8.1] */
  async subscribers(options?: WaitOptions): Promise<readonly PubsubSubscription[]> {
    const request = pubsubNodeOwner.build({ subscriptions: { node: this.name, subscriptions: [] } })
    const answer = await this.at.ask('get', request, pubsubNodeOwner, options)
    return answer.subscriptions?.subscriptions ?? missing('subscriptions')
  }

  /** For owners; `none` ends a subscription. [XEP-0060 8.8.2] */
  async setSubscriber(jid: Jid | string, state: PubsubSubscriptionState, options?: WaitOptions): Promise<undefined> {
    const subscriptions = [{ jid: readJid(jid), state }]
    const request = pubsubNodeOwner.build({ subscriptions: { node: this.name, subscriptions } })
    await this.at.request('set', request, options)
  }

  /** Who is what to this node, for owners. [XEP-0060 8.9.1] */
  async affiliations(options?: WaitOptions): Promise<readonly Affiliated[]> {
    const request = pubsubNodeOwner.build({ affiliations: { node: this.name, affiliations: [] } })
    const answer = await this.at.ask('get', request, pubsubNodeOwner, options)
    const list = answer.affiliations?.affiliations ?? missing('affiliations')
    return list.flatMap(({ jid, affiliation }) => (jid === undefined ? [] : { jid, affiliation }))
  }

  /** For owners. [XEP-0060 8.9.2] */
  async setAffiliation(jid: Jid | string, affiliation: PubsubAffiliation, options?: WaitOptions): Promise<undefined> {
    const affiliations = [{ jid: readJid(jid), affiliation }]
    const request = pubsubNodeOwner.build({ affiliations: { node: this.name, affiliations } })
    await this.at.request('set', request, options)
  }

  /** Throws a RequestError with `conflict` where there is one. [XEP-0060 8.1] */
  async create(config?: NodeConfig, options?: WaitOptions): Promise<undefined> {
    await createNode(this.at, this.name, config, options)
  }

  /** For owners. [XEP-0060 8.2] */
  async configuration(options?: WaitOptions): Promise<PubsubFields<NodeSetting>> {
    const answer = await this.at.ask('get', ownerRequest('configure', this.name), pubsubNodeOwner, options)
    return fieldsOf(answer.configure)
  }

  /** Changes these fields, and leaves the others. */
  async configure(config: NodeConfig, options?: WaitOptions): Promise<undefined> {
    await this.at.configure(this.name, config, options)
  }

  /** All items go, the node stays. [XEP-0060 8.5] */
  async purge(options?: WaitOptions): Promise<undefined> {
    await this.at.request('set', ownerRequest('purge', this.name), options)
  }

  /** What the node tells about itself to everybody. [XEP-0060 5.4] */
  async info(options: WaitOptions = {}): Promise<PubsubFields<NodeFact>> {
    const { forms } = await this.at.core.use(disco).info(this.service, { ...options, node: this.name, fresh: true })
    const found = forms.find((form) => formTypeOf(form) === PUBSUB_META_DATA)
    return new PubsubFields(found ?? { type: 'result', instructions: [], fields: [], items: [] })
  }

  #who({ jid }: WhichSubscription): Jid {
    return jid === undefined ? this.at.core.account : readJid(jid)
  }

  #ask(type: 'get' | 'set', request: NodeRequest, options?: WaitOptions): Promise<NodeRequest> {
    return this.at.ask(type, pubsubNode.build(request), pubsubNode, options)
  }
}
