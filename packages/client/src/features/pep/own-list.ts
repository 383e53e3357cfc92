/**
 * A private node of the own account with an item for each chat or room, whose address is the id of the item. It is kept in memory, and follows
 * what the other devices do.
 */
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { sameElement } from '@rookery/protocol/xml'
import { isMissing } from '../../contract/ask.ts'
import { UnsupportedError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import type { ItemCodec, PubsubEvents } from '../pubsub/index.ts'
import { type AccountNode, privateList } from './account-node.ts'
import { Fetches } from './fetches.ts'
import { pep } from './pep.ts'

/** Called for each change; undefined: it is no more there. */
export type ListChange<T> = (jid: Jid, value: T | undefined) => undefined | Promise<undefined>

interface Entry<T> {
  readonly jid: Jid
  /** As it is written in the node. */
  readonly id: string
  readonly value: T
}

const most = 10_000

export class OwnList<T> {
  readonly #node: AccountNode<T>
  readonly #codec: ItemCodec<T>
  readonly #changed: ListChange<T>
  readonly #entries: Map<string, Entry<T>> = new Map()
  #isLoaded = false
  /** Of whom we know how it is since it began to be fetched: what is fetched may be older than what is told meanwhile. */
  readonly #current: Set<string> = new Set()
  readonly #fetches: Fetches

  constructor(core: Core<PubsubEvents>, node: string, codec: ItemCodec<T>, changed: ListChange<T>) {
    const personal = core.use(pep)
    this.#node = personal.node(node, codec, privateList)
    this.#codec = codec
    this.#changed = changed
    personal.follow(node)
    personal.listen(node, codec, true, ({ id, value }) => this.#told(id, value))
    this.#fetches = new Fetches(core, () => this.#fetch())
  }

  get(jid: Jid): T | undefined {
    return this.#entries.get(jid.toString())?.value
  }

  *entries(): Generator<readonly [Jid, T]> {
    for (const { jid, value } of this.#entries.values()) yield [jid, value]
  }

  /** `make` is given what is there. */
  async set(jid: Jid, make: (before: T | undefined) => T, options: WaitOptions): Promise<undefined> {
    if (!this.#isLoaded) await this.#fetches.now(options)
    const key = jid.toString()
    const before = this.#entries.get(key)
    const id = before?.id ?? key
    const value = make(before?.value)
    await this.#node.publish(value, { ...options, id })
    // whatever was told meanwhile is this, or newer: it may have come in the same breath as the answer
    if (this.#entries.get(key) === before) void this.#put(jid, id, value)
  }

  async remove(jid: Jid, options: WaitOptions): Promise<undefined> {
    const key = jid.toString()
    const before = this.#entries.get(key)
    try {
      await this.#node.retract(before?.id ?? key, options)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
    if (this.#entries.get(key) === before) void this.#drop(key)
  }

  async #fetch(): Promise<undefined> {
    this.#current.clear()
    let read = 0
    try {
      for await (const { id, value } of this.#node.items()) {
        const jid = parseJid(id)
        if (jid !== undefined && !this.#current.has(jid.toString())) void this.#put(jid, id, value)
        if (++read === most) break
      }
    } catch (error) {
      if (error instanceof UnsupportedError) return // whoever changes the list is told
      if (!isMissing(error)) throw error
    }
    this.#isLoaded = true
    for (const key of [...this.#entries.keys()]) if (!this.#current.has(key)) void this.#drop(key)
  }

  #told(id: string | undefined, value: T | undefined): undefined | Promise<undefined> {
    if (id === undefined) {
      this.#fetches.again()
      const work = [...this.#entries.keys()].map((key) => this.#drop(key))
      return work.some((one) => one !== undefined) ? Promise.all(work).then(() => undefined) : undefined
    }
    const jid = parseJid(id)
    if (jid === undefined) return undefined
    return value === undefined ? this.#drop(jid.toString()) : this.#put(jid, id, value)
  }

  #put(jid: Jid, id: string, value: T): undefined | Promise<undefined> {
    const key = jid.toString()
    const before = this.#entries.get(key)
    this.#current.add(key)
    const isSame = before && sameElement(this.#codec.build(before.value), this.#codec.build(value))
    if (isSame ?? this.#entries.size >= most) return undefined
    this.#entries.set(key, { jid, id, value })
    return this.#changed(jid, value)
  }

  #drop(key: string): undefined | Promise<undefined> {
    const before = this.#entries.get(key)
    this.#current.add(key)
    this.#entries.delete(key)
    return before && this.#changed(before.jid, undefined)
  }
}
