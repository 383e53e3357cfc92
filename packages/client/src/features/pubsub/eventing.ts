/**
 * Events of nodes (XEP-0060 1.30.0, section 7.1.2 and others), read once for all who want them: `pubsub`, `pep`, and what is built on them.
 * Who may speak for a node is for them to say: here it is whoever our server says that the message is from.
 */
import type { ElementCodec } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import { pubsubEvent } from '@rookery/protocol/xeps/pubsub'
import type { Element } from '@rookery/protocol/xml'
import { type Core, defineExtension, type Extension, events } from '../../contract/extension.ts'
import { together } from '../../contract/together.ts'
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

export type PubsubEvents = {
  readonly 'pubsub:item': ItemEvent
  readonly 'pubsub:retracted': RetractedEvent
  readonly 'pubsub:deleted': DeletedEvent
  readonly 'pubsub:purged': NodeEvent
}

/** Whom, what node and when a message is about. */
export type About = (node: string | undefined) => NodeEvent

/** What one of these messages says: of whom, and what to do while listeners work. */
export function readEvents<T>(
  core: Core<PubsubEvents>,
  codec: ElementCodec<T>,
  tell: (said: T, about: About) => unknown[],
): void {
  core.use(messages).onMessage((message) => {
    const { type, from, at, way } = message
    if (type === 'error' || type === 'groupchat' || message.isOwn) return undefined
    const read = message.payload(codec)
    if (read === undefined) return undefined
    const work = tell(read, (node = '') => ({ service: from, node, at, isArchived: way.archived !== undefined }))
    return together(work) ?? (work.length > 0 || undefined)
  })
}

/** Reads the events. It has nothing to call. */
export const eventing: Extension<'eventing', undefined, PubsubEvents> = defineExtension({
  name: 'eventing',
  events: events<PubsubEvents>(),
  start: (core) => {
    readEvents(core, pubsubEvent, ({ items, delete: deleted, purge }, about) => {
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
      return work
    })
    return undefined
  },
})
