/** Publish-Subscribe (XEP-0060): nodes at any address, and what personal eventing needs of them. */
export {
  type ConfiguredEvent,
  type DeletedEvent,
  eventing,
  type ItemEvent,
  type NodeEvent,
  type PubsubEvents,
  type RetractedEvent,
  type SubscriptionEvent,
} from './eventing.ts'
export {
  type NodeConfig,
  type NodeFact,
  type NodeSetting,
  PubsubFields,
  type SubscriptionOptions,
  type SubscriptionSetting,
} from './fields.ts'
export { json, type Schema } from './json.ts'
export {
  type FeedEvents,
  type Item,
  type ItemCodec,
  isMissing,
  type NodeItemsOptions,
  type PublishOptions,
  PubsubNode,
  rawItem,
} from './node.ts'
export { type CreateOptions, Pubsub, pubsub } from './pubsub.ts'
export { PubsubService, pubsubConditionOf } from './service.ts'
export { type Affiliated, ServiceNode, type WhichSubscription } from './service-node.ts'
