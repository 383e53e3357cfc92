/** What an account says of itself in a node with one value: a mood, a nickname, whatever you publish. Each is a small declaration. */
import type { Jid } from '@rookery/protocol/jid'
import { sameElement, writeContent } from '@rookery/protocol/xml'
import { readJid } from '../../contract/address.ts'
import { isMissing } from '../../contract/ask.ts'
import { BoundedMap } from '../../contract/bounded-map.ts'
import { UnsupportedError } from '../../contract/errors.ts'
import type { Core, Extension } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import type { ItemCodec, NodeConfig, PublishOptions, PubsubEvents } from '../pubsub/index.ts'
import { type AccountNode, privateNode } from './account-node.ts'
import { Fetches } from './fetches.ts'
import { pep } from './pep.ts'

/** Whose it is, and what they say now; undefined when they say nothing any more. */
export interface Personal<T> {
  readonly jid: Jid
  readonly value: T | undefined
}

export interface PersonalDeclaration<Name extends string, T, Event extends string> {
  readonly name: Name
  /** The name of the node, most often the namespace of what is in it. */
  readonly node: string
  readonly codec: ItemCodec<T>
  /** The name of the event that tells of changes; of a private node also of what it was when the first session began. */
  readonly event: Event
  /** What is published to say nothing any more; without it the item is taken back. */
  readonly empty?: T | undefined
  /** What the node must be; what the server thinks right unless told. */
  readonly config?: NodeConfig | undefined
  /** For the own devices alone: what others publish under this name is not heard. */
  readonly isPrivate?: boolean | undefined
  /** Contacts' values come by themselves (`+notify`), unless this is false. */
  readonly follows?: boolean | undefined
}

/** So many others' values are kept, and none that is longer, in characters: who they are is not known here. */
const most = 1_000
const longest = 10_000
/** [XEP-0060 12.20] */
const current = 'current'

export class PersonalNode<T> {
  readonly #core: Core<PubsubEvents>
  readonly #declared: PersonalDeclaration<string, T, string>
  readonly #own: AccountNode<T>
  readonly #known: BoundedMap<string, T> = new BoundedMap(most)
  /** How often the server has told something of our own. */
  #told = 0

  constructor(core: Core<PubsubEvents>, declared: PersonalDeclaration<string, T, string>) {
    const { node, codec, config, isPrivate = false, event, follows = true } = declared
    const personal = core.use(pep)
    this.#core = core
    this.#declared = declared
    this.#own = personal.node(node, codec, isPrivate ? { ...privateNode, ...config } : config)
    if (follows) personal.follow(node)
    const emit = core.emit as unknown as (event: string, payload: Personal<T>) => undefined | Promise<undefined>
    const tell = (jid: Jid, value: T | undefined): undefined | Promise<undefined> => {
      const before = this.#known.get(jid.toString())
      const now = this.#learn(jid, value)
      return isPrivate && this.#isSame(before, now) ? undefined : emit(event, { jid, value: now })
    }
    personal.listen(node, codec, isPrivate, ({ jid, value }) => {
      if (jid.equals(core.account)) this.#told++
      return tell(jid, value)
    })
    if (!isPrivate || !follows) {
      core.onSessionEnd(() => this.#known.clear())
      return
    }
    // not every server tells of the last value of a private one [XEP-0163 4.3]
    new Fetches(core, async () => {
      const before = this.#told
      try {
        const found = await this.#own.item()
        if (this.#told === before) void tell(core.account, found?.value) // else it may be older than what was told
      } catch (error) {
        if (!(error instanceof UnsupportedError)) throw error
      }
    })
  }

  /** What somebody said last, as far as we were told; of others not what is very long. */
  known(jid: Jid | string): T | undefined {
    return this.#known.get(readJid(jid).bare.toString())
  }

  /** Asks what somebody says; undefined where they say nothing. Throws a RequestError where they do not tell us. */
  async of(jid: Jid | string, options: WaitOptions = {}): Promise<T | undefined> {
    const { node, codec } = this.#declared
    const bare = readJid(jid).bare
    const theirs = this.#core.use(pep).nodeOf(bare, node, codec)
    return await this.#after(bare, async () => (await theirs.item(undefined, options))?.value)
  }

  /** Throws an UnsupportedError where the server has no nodes for accounts. */
  async publish(value: T, options: Omit<PublishOptions, 'id'> = {}): Promise<undefined> {
    await this.#after(this.#core.account, async () => {
      await this.#own.publish(value, { ...options, id: current })
      return value
    })
  }

  /** Says nothing any more. */
  async clear(options: WaitOptions = {}): Promise<undefined> {
    const { empty } = this.#declared
    if (empty !== undefined) return await this.publish(empty, options)
    await this.#after(this.#core.account, async () => {
      try {
        await this.#own.retract(current, options)
      } catch (error) {
        if (!isMissing(error)) throw error
      }
      return undefined
    })
  }

  /** What somebody says after this work; what is told meanwhile is newer, also where it comes in the same breath as the answer. */
  async #after(jid: Jid, work: () => Promise<T | undefined>): Promise<T | undefined> {
    const isOwn = jid.equals(this.#core.account)
    const state = (): unknown => (isOwn ? this.#told : this.known(jid))
    const before = state()
    const value = await work()
    return state() === before ? this.#learn(jid, value) : this.#said(value)
  }

  #said(value: T | undefined): T | undefined {
    return this.#isSame(value, this.#declared.empty) ? undefined : value
  }

  #learn(jid: Jid, said: T | undefined): T | undefined {
    const value = this.#said(said)
    const key = jid.toString()
    this.#known.delete(key)
    if (value === undefined) return undefined
    const isKept = jid.equals(this.#core.account) || writeContent(this.#declared.codec.build(value)).length <= longest
    if (isKept) this.#known.set(key, value)
    return value
  }

  #isSame(one: T | undefined, other: T | undefined): boolean {
    if (one === undefined || other === undefined) return one === other
    const { codec } = this.#declared
    return sameElement(codec.build(one), codec.build(other))
  }
}

/**
 * Declares an extension for a node with one value.
 *
 * ```ts
 * const reading = personalNode({ name: 'reading', node: 'urn:example:reading', codec: json(book), event: 'reading' })
 * const client = await connect({ jid, password, use: [reading] })
 * client.on('reading', ({ jid, value }) => show(jid, value?.title))
 * await client.reading.publish({ title: 'Hero and Leander' })
 * ```
 */
/* @__NO_SIDE_EFFECTS__ */
export function personalNode<const Name extends string, T, const Event extends string>(
  declared: PersonalDeclaration<Name, T, Event>,
): Extension<Name, PersonalNode<T>, PubsubEvents & { readonly [E in Event]: Personal<T> }> {
  return {
    name: declared.name,
    features: [declared.node],
    start: (core: Core<PubsubEvents & { readonly [E in Event]: Personal<T> }>) =>
      new PersonalNode<T>(core as unknown as Core<PubsubEvents>, declared),
  }
}
