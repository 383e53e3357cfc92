/** Publish-Subscribe (XEP-0060): nodes at any address, and what personal eventing needs of them. */
export {
  type DeletedEvent,
  eventing,
  type ItemEvent,
  type NodeEvent,
  type PubsubEvents,
  type RetractedEvent,
} from './eventing.ts'
export {
  type NodeConfig,
  type NodeFact,
  type NodeSetting,
  PubsubFields,
  type SubscriptionOptions,
  type SubscriptionSetting,
} from './fields.ts'
export { json, type Schema, type SchemaResult } from './json.ts'
export {
  type FeedEvents,
  type Item,
  type ItemCodec,
  type NodeItemsOptions,
  type PublishOptions,
  PubsubNode,
  rawItem,
} from './node.ts'
export {
  type ConfiguredEvent,
  type CreateOptions,
  Pubsub,
  type PubsubServiceEvents,
  pubsub,
  type SubscriptionEvent,
} from './pubsub.ts'
export type { NodeSubscriptionRequest } from './requests.ts'
export { PubsubService, pubsubConditionOf } from './service.ts'
export { type Affiliated, type ServiceFeedEvents, ServiceNode, type WhichSubscription } from './service-node.ts'
