/**
 * A node (XEP-0060 1.30.0) and what everybody may try to do with it: publish, retract, read, listen. What needs more of the specification is
 * in service-node.ts.
 */
import { type CodecError, intact } from '@rookery/protocol/codec'
import { dataForm } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { PUBSUB_NS, type PubsubItem, pubsubItems } from '@rookery/protocol/xeps/pubsub'
import { PUBSUB_PUBLISH_OPTIONS } from '@rookery/protocol/xeps/pubsub-forms'
import { type Element, el } from '@rookery/protocol/xml'
import { isMissing } from '../../contract/ask.ts'
import type { ListenOptions } from '../../contract/events.ts'
import { type Page, pages } from '../../contract/pages.ts'
import type { WaitOptions } from '../../contract/within.ts'
import type { DeletedEvent, NodeEvent, PubsubEvents, RetractedEvent } from './eventing.ts'
import { type NodeConfig, submission } from './fields.ts'
import { ownerRequest, type PubsubService } from './service.ts'

/** How the payloads of a node are read and written: each `ElementCodec` is one, and `json(schema)`. */
export interface ItemCodec<T> {
  /** The value; undefined when the element is another one, a CodecError when it is broken. */
  readonly parse: (element: Element) => T | CodecError | undefined
  readonly build: (value: T) => Element
}

/** Payloads as they are. */
export const rawItem: ItemCodec<Element> = { parse: (element) => element, build: (element) => element }

export interface Item<T> {
  /** Empty where the service gives none. */
  readonly id: string
  readonly value: T
  /** As the service says. */
  readonly publisher: string | undefined
}

export interface PublishOptions extends WaitOptions {
  /** Replaces the item that has it; a new one is made unless told. */
  readonly id?: string | undefined
  /** What the configuration of the node must be; a node that is made by this has it. [XEP-0060 7.1.5] */
  readonly config?: NodeConfig | undefined
}

export interface NodeItemsOptions extends WaitOptions {
  /** So many of the newest, as one answer. */
  readonly max?: number | undefined
  /** These alone, as one answer. */
  readonly ids?: readonly string[] | undefined
  /** How many to ask for at a time, where the service knows pages (XEP-0059); 100 unless told. */
  readonly pageSize?: number | undefined
}

export interface FeedEvents<T> {
  readonly item: Item<T> & Pick<NodeEvent, 'at' | 'isArchived'>
  readonly retracted: RetractedEvent
  readonly deleted: DeletedEvent
  readonly purged: NodeEvent
}

export class PubsubNode<T> {
  readonly name: string
  readonly codec: ItemCodec<T>
  protected readonly at: PubsubService

  constructor(at: PubsubService, name: string, codec: ItemCodec<T>) {
    this.at = at
    this.name = name
    this.codec = codec
  }

  get service(): Jid {
    return this.at.jid
  }

  /** Resolves with the id of the item. Throws RequestError, of which `pubsubConditionOf` says more; UnsupportedError. */
  async publish(value: T, options: PublishOptions = {}): Promise<string> {
    const { id = this.at.core.newId(), config } = options
    const item = part('item', { id }, [this.codec.build(value)])
    const form = config && dataForm.build(submission(PUBSUB_PUBLISH_OPTIONS, config))
    const publish = [this.#of('publish', {}, [item]), form && part('publish-options', {}, [form])]
    await this.at.request('set', part('pubsub', {}, publish), options)
    return id
  }

  /** Takes an item back, and tells the subscribers unless `notify` is false. [XEP-0060 7.2] */
  async retract(id: string, options: WaitOptions & { readonly notify?: boolean | undefined } = {}): Promise<undefined> {
    const { notify = true } = options
    const retract = this.#of('retract', { notify: `${notify}` }, [part('item', { id })])
    await this.at.request('set', part('pubsub', {}, [retract]), options)
  }

  /**
   * Items, in the order of the service, page by page as far as they are read. Those that the codec cannot read are left out. Throws
   * RequestError (item-not-found: there is no such node), UnsupportedError, UnexpectedAnswerError.
   */
  async *items(options: NodeItemsOptions = {}): AsyncGenerator<Item<T>, undefined> {
    const { max, ids, pageSize = 100 } = options
    if (ids?.length === 0 || max === 0) return
    const asked = this.#of(
      'items',
      { max_items: max?.toString() },
      ids?.map((id) => part('item', { id })),
    )
    const ask = async (set?: Element): Promise<Page<PubsubItem>> => {
      const { items, page } = await this.at.ask('get', part('pubsub', {}, [asked, set]), pubsubItems, options)
      return { items: items.items, set: page }
    }
    const isWhole = max !== undefined || ids !== undefined
    for await (const item of isWhole ? (await ask()).items : pages(pageSize, ask)) {
      const read = this.#read(item)
      if (read !== undefined) yield read
    }
    return undefined
  }

  /** The item with this id; the newest without one. Undefined where there is none, or no such node. */
  async item(id?: string, options: WaitOptions = {}): Promise<Item<T> | undefined> {
    try {
      const which = id === undefined ? { max: 1 } : { ids: [id] }
      for await (const item of this.items({ ...options, ...which })) if (id === undefined || item.id === id) return item
    } catch (error) {
      if (!isMissing(error)) throw error
    }
    return undefined
  }

  /** The node goes, with its items. [XEP-0060 8.4] */
  async delete(options?: WaitOptions): Promise<undefined> {
    await this.at.request('set', ownerRequest('delete', this.name), options)
  }

  /** Listens to what its service says of this node; the answer stops it. Items that the codec cannot read are left out. */
  on<K extends keyof FeedEvents<T>>(
    event: K,
    listener: (payload: FeedEvents<T>[K]) => unknown,
    options: Pick<ListenOptions, 'signal'> = {},
  ): () => void {
    const name: keyof PubsubEvents = `pubsub:${event}`
    return this.at.core.on(
      name,
      (told: PubsubEvents[typeof name]) => {
        if (told.node !== this.name || !told.service.equals(this.service)) return undefined
        if (!('payload' in told)) return listener(told as FeedEvents<T>[K])
        const { id, payload, publisher, at, isArchived } = told
        const item = payload && this.#read({ id, payloads: [payload], publisher })
        return item && listener({ ...item, at, isArchived } as FeedEvents<T>[K])
      },
      options,
    )
  }

  #of(name: string, attributes: Attributes, items: readonly Element[] = []): Element {
    return part(name, { node: this.name, ...attributes }, items)
  }

  #read({ id = '', payloads: [payload], publisher }: PubsubItem): Item<T> | undefined {
    const value = payload && intact(this.codec.parse(payload))
    return value === undefined ? undefined : { id, value, publisher }
  }
}

type Attributes = Readonly<Record<string, string | undefined>>

function part(name: string, attributes: Attributes, children: readonly (Element | undefined)[] = []): Element {
  return el(name, PUBSUB_NS, attributes, children)
}
