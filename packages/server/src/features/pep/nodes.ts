/** The nodes of the accounts of a host, in the document store. Every operation lists the documents of its account and nothing is cached. */

import { StanzaError } from '@rookery/protocol/stanza'
import { pubsubError, pubsubUnsupported } from '@rookery/protocol/xeps/pubsub'
import { Element, parseElement, writeElement } from '@rookery/protocol/xml'
import type { DocumentStore } from '@rookery/storage'
import type { ClockPower, Log } from '../../powers.ts'
import type { NodeConfig } from '../../services/pep.ts'
import { storedLimits } from '../../stored-stanza.ts'
import { itemKey, type KeptItem, type KeptNode, nodeKey, type Survey, survey } from './keys.ts'
import { mostOf, readConfig, writeConfig } from './options.ts'
import { Turns } from './turns.ts'

export interface Bounds {
  /** Of one account. */
  readonly nodes: number
  /** Of one node. */
  readonly items: number
  readonly itemBytes: number
  /** Of one account in all. */
  readonly bytes: number
}

export interface Item {
  readonly id: string
  readonly at: number
  readonly payload: Element
}

/** Which node something was published to, and which items made way for it. */
export interface Published {
  readonly config: NodeConfig
  readonly evicted: readonly string[]
}

const notFound = new StanzaError('item-not-found')
const noItems = pubsubUnsupported('persistent-items')
/** Read at a time. */
const batch = 100
export class Nodes {
  readonly #documents: DocumentStore
  readonly #clock: ClockPower
  readonly #log: Log
  readonly #bounds: Bounds
  readonly #turns = new Turns()

  constructor(documents: DocumentStore, clock: ClockPower, log: Log, bounds: Bounds) {
    this.#documents = documents
    this.#clock = clock
    this.#log = log
    this.#bounds = bounds
  }

  /** `configure` is given the node's configuration, undefined when there is none, and says which one holds, or why it does not go on. */
  publish(
    local: string,
    node: string,
    item: { readonly id: string; readonly payload: Element },
    configure: (present: NodeConfig | undefined) => NodeConfig | StanzaError,
  ): Promise<Published | StanzaError> {
    return this.#turns.take(local, async (later) => {
      const kept = await this.#survey(local)
      const present = kept.nodes.get(node)
      const config = configure(present === undefined ? undefined : await this.#config(local, node))
      if (config instanceof StanzaError) return config
      if (present === undefined && kept.nodes.size >= this.#bounds.nodes) return tooManyNodes
      const wire = writeElement(item.payload, '')
      if (wire.length > this.#bounds.itemBytes) return tooBig // [XEP-0060 7.1.3.5]
      const room = config.persist ? this.#makeRoom(kept, node, config, item.id, wire.length) : nothingToDo
      if (room instanceof StanzaError) return room
      // items of a node that was deleted must not come back with its name
      if (present === undefined) await this.#removeAll(local, kept.leftovers)
      const writes: Promise<void>[] = []
      if (present === undefined) writes.push(this.#documents.put(local, nodeKey(node), writeConfig(config)))
      if (config.persist) {
        const at = Math.max(this.#clock.now(), (present?.items.at(-1)?.at ?? 0) + 1)
        writes.push(this.#documents.put(local, itemKey(node, at, item.id), wire))
      }
      await Promise.all(writes)
      // not before the new one is durable; what is left over by a crash is removed with the next publication
      const { replaced, evicted } = room
      later(this.#clear(local, [...replaced, ...evicted.map(({ key }) => key), ...kept.leftovers]))
      return { config, evicted: evicted.map(({ id }) => id) }
    })
  }

  /** The items of these ids, or the newest `most`; oldest first. */
  items(local: string, node: string, ids: ReadonlySet<string>, most: number): Promise<readonly Item[] | StanzaError> {
    return this.#turns.take(local, async () => {
      const kept = (await this.#survey(local)).nodes.get(node)
      if (kept === undefined) return notFound // [XEP-0060 6.5.9.11]
      if (kept.items.length === 0) return (await this.#config(local, node)).persist ? [] : noItems // [XEP-0060 6.5.9.4]
      const chosen = ids.size === 0 ? kept.items : kept.items.filter(({ id }) => ids.has(id))
      return this.#read(local, chosen.slice(-most))
    })
  }

  /** The newest item of each node of these that is to be told at login. [XEP-0163 4.3.4] */
  newest(local: string, isWanted: (node: string) => boolean): Promise<readonly { node: string; item: Item }[]> {
    return this.#turns.take(local, async () => {
      const found: { node: string; item: Item }[] = []
      for (const { name, items } of (await this.#survey(local)).nodes.values()) {
        const last = items.at(-1)
        if (last === undefined || !isWanted(name)) continue
        if ((await this.#config(local, name)).sendLast !== 'on_sub_and_presence') continue
        for (const item of await this.#read(local, [last])) found.push({ node: name, item })
      }
      return found
    })
  }

  retract(local: string, node: string, id: string): Promise<StanzaError | undefined> {
    return this.#turns.take(local, async () => {
      const { nodes, leftovers } = await this.#survey(local)
      const kept = nodes.get(node)
      if (kept === undefined) return notFound // [XEP-0060 7.2.3.2]
      const item = kept.items.find((one) => one.id === id)
      if (item === undefined) return (await this.#config(local, node)).persist ? notFound : noItems // [XEP-0060 7.2.3.5]
      await this.#removeAll(local, [...leftovers, item.key]) // what it replaced must not come back
      return undefined
    })
  }

  remove(local: string, node: string): Promise<StanzaError | undefined> {
    return this.#turns.take(local, async (later) => {
      const kept = (await this.#survey(local)).nodes.get(node)
      if (kept === undefined) return notFound // [XEP-0060 8.4.3.2]
      await this.#documents.remove(local, nodeKey(node))
      later(this.#clear(local, keysOf(kept)))
      return undefined
    })
  }

  /** Nothing is under way for this account any more. */
  settled(local: string): Promise<void> {
    return this.#turns.settled(local)
  }

  async #survey(local: string): Promise<Survey> {
    return survey(await this.#documents.list(local))
  }

  async #config(local: string, node: string): Promise<NodeConfig> {
    return readConfig((await this.#documents.get(local, nodeKey(node))) ?? '')
  }

  async #read(local: string, kept: readonly KeptItem[]): Promise<Item[]> {
    const items: Item[] = []
    for (let start = 0; start < kept.length; start += batch) {
      const some = kept.slice(start, start + batch)
      const wires = await Promise.all(some.map(({ key }) => this.#documents.get(local, key)))
      for (const [index, wire] of wires.entries()) {
        const payload = wire === undefined ? undefined : parseElement(wire, storedLimits)
        if (payload instanceof Element) items.push({ id: some[index]!.id, at: some[index]!.at, payload })
      }
    }
    return items
  }

  /** Which documents make way for a new item, or why there is no room. [XEP-0060 7.1.2.5] */
  #makeRoom(kept: Survey, node: string, config: NodeConfig, id: string, bytes: number): Room | StanzaError {
    const items = kept.nodes.get(node)?.items ?? []
    const replaced = items.filter((item) => item.id === id)
    const others = items.filter((item) => item.id !== id)
    const evicted = others.slice(0, Math.max(0, others.length + 1 - mostOf(config.maxItems, this.#bounds.items)))
    const freed = [...replaced, ...evicted].reduce((sum, item) => sum + item.bytes, 0)
    const added = itemKey(node, 0, id).length + bytes
    if (kept.bytes - freed + added > this.#bounds.bytes) return noRoom
    return { replaced: replaced.map(({ key }) => key), evicted }
  }

  async #removeAll(local: string, keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += batch)
      await Promise.all(keys.slice(start, start + batch).map((key) => this.#documents.remove(local, key)))
  }

  /** Storage that fails here leaves what the next publication finds and removes. */
  async #clear(local: string, keys: readonly string[]): Promise<void> {
    try {
      await this.#removeAll(local, keys)
    } catch (error) {
      this.#log.warn({ account: local, error }, 'what was replaced could not be removed yet')
    }
  }
}

interface Room {
  readonly replaced: readonly string[]
  readonly evicted: readonly KeptItem[]
}

const nothingToDo: Room = { replaced: [], evicted: [] }
const tooManyNodes = pubsubError('not-allowed', 'max-nodes-exceeded', 'there are too many nodes; delete some')
const tooBig = pubsubError('not-acceptable', 'payload-too-big')
const noRoom = new StanzaError('resource-constraint', { text: 'what is published is too much in all; retract some' })

function keysOf({ items }: KeptNode): string[] {
  return items.map(({ key }) => key)
}
