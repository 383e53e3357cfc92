/**
 * Events of nodes (XEP-0060 1.30.0, section 7.1.2 and others), read once for all who want them: `pubsub`, `pep`, and what is built on them.
 * Who may speak for a node is for them to say: here it is whoever our server says that the message is from.
 */
import type { DataForm } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { type PubsubSubscriptionState, pubsubEvent } from '@rookery/protocol/xeps/pubsub'
import type { Element } from '@rookery/protocol/xml'
import { defineExtension, type Extension, events } from '../../extension.ts'
import { messages } from '../../messages/index.ts'

export interface NodeEvent {
  /** Whom the message is from. */
  readonly service: Jid
  readonly node: string
  /** In ms since 1970. */
  readonly at: number
  /** It comes from an archive: the node may be different by now. */
  readonly isArchived: boolean
}

export interface ItemEvent extends NodeEvent {
  /** Empty where the service gives none. */
  readonly id: string
  /** Missing where the node sends notifications alone. */
  readonly payload: Element | undefined
  /** As the service says. */
  readonly publisher: string | undefined
}

export interface RetractedEvent extends NodeEvent {
  readonly id: string
}

export interface DeletedEvent extends NodeEvent {
  /** Where the node is now. */
  readonly redirect: string | undefined
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

export type PubsubEvents = {
  readonly 'pubsub:item': ItemEvent
  readonly 'pubsub:retracted': RetractedEvent
  readonly 'pubsub:deleted': DeletedEvent
  readonly 'pubsub:purged': NodeEvent
  readonly 'pubsub:configured': ConfiguredEvent
  /** A subscription of ours was granted, refused, or ended. */
  readonly 'pubsub:subscription': SubscriptionEvent
}

/** Reads the events. It has nothing to call. */
export const eventing: Extension<'eventing', undefined, PubsubEvents> = defineExtension({
  name: 'eventing',
  events: events<PubsubEvents>(),
  start: (core) => {
    core.use(messages).onMessage((message) => {
      const { type, from, at, way } = message
      if (type === 'error' || type === 'groupchat' || message.isOwn) return
      const read = message.payload(pubsubEvent)
      if (read === undefined) return
      const about = (node = ''): NodeEvent => ({ service: from, node, at, isArchived: way.archived !== undefined })
      const { items, delete: deleted, purge, configuration, subscription } = read
      const work: unknown[] = []
      if (items !== undefined) {
        const origin = about(items.node)
        for (const { id = '', payloads, publisher } of items.items)
          work.push(core.emit('pubsub:item', { ...origin, id, payload: payloads[0], publisher }))
        for (const id of items.retracted) work.push(core.emit('pubsub:retracted', { ...origin, id }))
      }
      if (deleted !== undefined)
        work.push(core.emit('pubsub:deleted', { ...about(deleted.node), redirect: deleted.redirect }))
      if (purge !== undefined) work.push(core.emit('pubsub:purged', about(purge.node)))
      if (configuration !== undefined)
        work.push(core.emit('pubsub:configured', { ...about(configuration.node), form: configuration.form }))
      if (subscription !== undefined) {
        const { node, jid, state, subId } = subscription
        work.push(core.emit('pubsub:subscription', { ...about(node), jid, state, subId }))
      }
      const working = work.filter((one) => one instanceof Promise)
      return working.length === 0 ? true : Promise.all(working)
    })
    return undefined
  },
})
