/**
 * Personal Eventing (XEP-0163 1.2.2): nodes of accounts. What is published to our own is told to our other devices and, unless the node is
 * private, to contacts who want to know of it. For a node with one value, or with a value for each chat, see personal-node.ts and own-list.ts.
 */
import { intact } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import type { Element } from '@rookery/protocol/xml'
import { readJid } from '../../contract/address.ts'
import { type Core, defineExtension, type Extension, events } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { messages } from '../../messages/index.ts'
import { ownCaps } from '../caps/index.ts'
import { disco } from '../disco.ts'
import {
  eventing,
  type ItemCodec,
  type NodeConfig,
  type NodeEvent,
  type PubsubEvents,
  PubsubNode,
  PubsubService,
  rawItem,
} from '../pubsub/index.ts'
import { AccountNode } from './account-node.ts'

/** What somebody's node says: an item, that one is gone (`value` is missing), or that all are (`id` as well). */
export interface Told<T> {
  readonly jid: Jid
  readonly id: string | undefined
  readonly value: T | undefined
}

export class Pep {
  readonly #core: Core<PubsubEvents>

  constructor(core: Core<PubsubEvents>) {
    this.#core = core
    core.use(eventing)
  }

  /** A node of our own account. `config`: what the node must be when something is published. Without a codec items are elements. */
  node(name: string): AccountNode<Element>
  node<T>(name: string, codec: ItemCodec<T>, config?: NodeConfig): AccountNode<T>
  node<T>(name: string, codec?: ItemCodec<T>, config?: NodeConfig): AccountNode<T> | AccountNode<Element> {
    const at = new PubsubService(this.#core)
    return codec === undefined ? new AccountNode(at, name, rawItem) : new AccountNode(at, name, codec, config)
  }

  /** A node of somebody else. */
  nodeOf(jid: Jid | string, name: string): PubsubNode<Element>
  nodeOf<T>(jid: Jid | string, name: string, codec: ItemCodec<T>): PubsubNode<T>
  nodeOf<T>(jid: Jid | string, name: string, codec?: ItemCodec<T>): PubsubNode<T> | PubsubNode<Element> {
    const at = new PubsubService(this.#core, readJid(jid).bare)
    return codec === undefined ? new PubsubNode(at, name, rawItem) : new PubsubNode(at, name, codec)
  }

  /** Asks servers to tell of this node of ourselves and of contacts (`+notify`). They do so for those who show themselves. [XEP-0163 4.2] */
  follow(name: string): undefined {
    this.#core.supported.add(`${name}+notify`)
    void this.#core.use(ownCaps).refresh() // where servers read it
  }

  /** Calls `tell` for each event of this node, of whose account it really is; of the own account alone where it is private. */
  listen<T>(
    name: string,
    codec: ItemCodec<T>,
    isPrivate: boolean,
    tell: (told: Told<T>) => undefined | Promise<undefined>,
  ): void {
    const core = this.#core
    const isHeard = ({ service, node, isArchived }: NodeEvent): boolean =>
      node === name &&
      !isArchived &&
      // the server of an account speaks from its bare address; no client can [XEP-0163 4.3.1, S123]
      service.isBare &&
      !core.use(messages).rooms.has(service.toString()) &&
      (!isPrivate || service.equals(core.account))
    core.on('pubsub:item', (event) => {
      if (!isHeard(event)) return undefined
      const value = event.payload && intact(codec.parse(event.payload))
      return value === undefined ? undefined : tell({ jid: event.service, id: event.id, value })
    })
    // without an id all of them are gone
    const gone = (event: NodeEvent & { readonly id?: string }): undefined | Promise<undefined> =>
      isHeard(event) ? tell({ jid: event.service, id: event.id, value: undefined }) : undefined
    for (const name of ['retracted', 'deleted', 'purged'] as const) core.on(`pubsub:${name}`, gone)
  }

  /** Whether our server has nodes for the account. */
  async isSupported(options?: WaitOptions): Promise<boolean> {
    const { identities } = await this.#core.use(disco).account(options)
    return identities.some(({ category, type }) => category === 'pubsub' && type === 'pep')
  }
}

/** Nodes of accounts. */
export const pep: Extension<'pep', Pep, PubsubEvents> = defineExtension({
  name: 'pep',
  events: events<PubsubEvents>(),
  start: (core) => new Pep(core),
})
