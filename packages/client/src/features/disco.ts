/**
 * Service discovery (XEP-0030 2.5.0): what others are and can do, kept for a while, and what we say of ourselves. What the server and the
 * account can do is asked once in a session. Presence that says it in a hash is caps.ts.
 */
import {
  DISCO_INFO_NS,
  DISCO_ITEMS_NS,
  type DiscoInfo,
  type DiscoItem,
  discoInfo,
  discoItems,
  type Identity,
} from '@rookery/protocol/disco'
import type { DataForm } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { RSM_NS } from '@rookery/protocol/rsm'
import { type Iq, StanzaError } from '@rookery/protocol/stanza'
import { readJid } from '../contract/address.ts'
import { ask, isLacking, isMissing, readAnswer } from '../contract/ask.ts'
import { BoundedMap } from '../contract/bounded-map.ts'
import { UnsupportedError } from '../contract/errors.ts'
import { type Core, defineExtension, type Extension } from '../contract/extension.ts'
import { pages } from '../contract/pages.ts'
import { checkWait } from '../contract/until.ts'
import { type WaitOptions, within } from '../contract/within.ts'

export type { DiscoInfo, DiscoItem, Identity } from '@rookery/protocol/disco'

export interface InfoOptions extends WaitOptions {
  readonly node?: string | undefined
  /** Asks even where the answer is known. */
  readonly fresh?: boolean | undefined
}

export interface ItemsOptions extends WaitOptions {
  readonly node?: string | undefined
  /** How many to ask for at a time; 100 unless told. */
  readonly pageSize?: number | undefined
}

/** What we say of one of our nodes. */
export interface OwnNode {
  readonly info?: DiscoInfo | undefined
  readonly items?: readonly DiscoItem[] | undefined
}

/** A feature, or an identity: `{ category: 'conference', type: 'text' }`. */
export type Wanted = string | { readonly category: string; readonly type?: string | undefined }

/** An answer about somebody else is believed so long, in milliseconds. */
const goodFor = 600_000
const maxKnown = 500
/** Answers with more parts than this are not kept. */
const maxParts = 500
/** So many of the server's items are looked at. */
const maxServices = 50
const serviceTimeout = 10_000

export class Disco {
  /** What we say that we are. To be changed before the client connects. */
  readonly identities: Identity[]
  /** More about us. [XEP-0128] */
  readonly forms: DataForm[] = []
  /** What is known of those who have not been asked; set by `caps`, which hears what was answered (without a node). */
  source: (jid: Jid) => DiscoInfo | undefined = () => undefined
  learned: (jid: Jid, info: DiscoInfo) => void = () => undefined
  readonly #core: Core
  readonly #known: BoundedMap<string, { readonly info: DiscoInfo; readonly until: number }> = new BoundedMap(maxKnown)
  readonly #asking: Map<string, Promise<DiscoInfo>> = new Map()
  readonly #nodes: ((node: string, request: Iq) => OwnNode | undefined)[] = []

  constructor(core: Core) {
    this.#core = core
    const { name, kind } = core.software
    this.identities = [{ category: 'client', type: kind, name }]
    core.respond('get', 'query', DISCO_INFO_NS, (request) => {
      const node = request.payload?.attr('node')
      const info = node === undefined ? this.own : this.#node(node, request).info
      return discoInfo.build({ identities: [], features: [], forms: [], ...info, node })
    })
    core.respond('get', 'query', DISCO_ITEMS_NS, (request) => {
      const node = request.payload?.attr('node')
      const items = node === undefined ? [] : (this.#node(node, request).items ?? [])
      return discoItems.build({ items, node })
    })
    core.onStanza('presence', ({ type, from }) => {
      if (type === 'unavailable') this.forget(from!) // another may take its address
    })
    core.onSessionEnd(() => {
      this.#known.clear()
      this.#asking.clear()
    })
  }

  /** What we answer to who asks. */
  get own(): DiscoInfo {
    return { identities: this.identities, features: [...this.#core.supported].sort(), forms: this.forms }
  }

  /** Answers questions for nodes of ours: those for which `answer` gives something. */
  answerNode(answer: (node: string, request: Iq) => OwnNode | undefined): void {
    this.#nodes.push(answer)
  }

  /** What somebody is and can do. Throws RequestError, TimeoutError, DisconnectedError, UnexpectedAnswerError. */
  async info(jid: Jid | string, options: InfoOptions = {}): Promise<DiscoInfo> {
    checkWait(options)
    const to = readJid(jid)
    const { node } = options
    const known = options.fresh === true ? undefined : this.known(to, node)
    if (known !== undefined) return known
    const key = keyOf(to, node)
    return await within(this.#core.clock, this.#asking.get(key) ?? this.#ask(to, node, key), options)
  }

  /** What is known without asking. */
  known(jid: Jid, node?: string): DiscoInfo | undefined {
    const found = this.#known.get(keyOf(jid, node))
    if (found !== undefined && found.until > this.#core.clock.now()) return found.info
    return node === undefined ? this.source(jid) : undefined
  }

  #learn(jid: Jid, info: DiscoInfo, node: string | undefined): void {
    const { account } = this.#core
    if (node === undefined) this.learned(jid, info)
    const isOwn = jid.equals(account) || jid.toString() === account.domain
    if (info.identities.length + info.features.length + info.forms.length > maxParts && !isOwn) return
    const until = isOwn ? Number.POSITIVE_INFINITY : this.#core.clock.now() + goodFor
    this.#known.set(keyOf(jid, node), { info, until })
  }

  /** Asks again the next time. */
  forget(jid: Jid, node?: string): void {
    this.#known.delete(keyOf(jid, node))
  }

  /** Whether somebody has a feature; false where nobody answers such questions. Throws as `info` does when there is no answer. */
  async supports(jid: Jid | string, feature: string, options: InfoOptions = {}): Promise<boolean> {
    try {
      return (await this.info(jid, options)).features.includes(feature)
    } catch (error) {
      if (isLacking(error) || isMissing(error)) return false
      throw error
    }
  }

  /** Throws an UnsupportedError where somebody lacks a feature. */
  async require(jid: Jid | string, feature: string, options: InfoOptions = {}): Promise<undefined> {
    if (await this.supports(jid, feature, options)) return
    throw new UnsupportedError(feature, `${jid} does not support ${feature}.`)
  }

  /** What our server can do, asked once in a session. */
  server(options: WaitOptions = {}): Promise<DiscoInfo> {
    return this.info(this.#core.account.domain, options)
  }

  /** What the server does for our account, asked once in a session. */
  account(options: WaitOptions = {}): Promise<DiscoInfo> {
    return this.info(this.#core.account, options)
  }

  /** What somebody has: rooms of a service, nodes, services of a server. Asks page by page, where whoever answers knows pages. [XEP-0059] */
  async *items(jid: Jid | string, options: ItemsOptions = {}): AsyncGenerator<DiscoItem, undefined> {
    const { node, pageSize = 100 } = options
    const to = readJid(jid)
    const question = discoItems.build({ node, items: [] })
    return yield* pages(pageSize, async (set) => {
      const asked = question.withChildren([set])
      const answer = await this.#core.request('get', asked, { ...options, to })
      return { items: readAnswer(answer, discoItems).items, set: answer?.child('set', RSM_NS) }
    })
  }

  /** The first among the server and its services that is or can do this; undefined when there is none. */
  async find(wanted: Wanted, options: WaitOptions = {}): Promise<Jid | undefined> {
    const { account } = this.#core
    if (isWanted(await this.server(options), wanted)) return readJid(account.domain)
    const services: Jid[] = []
    for await (const { jid, node } of this.items(account.domain, options)) {
      if (node === undefined && jid.toString() !== account.domain) services.push(jid)
      if (services.length === maxServices) break
    }
    const looks = services.map(async (jid) => {
      const info = await this.info(jid, { ...options, timeout: serviceTimeout })
      return isWanted(info, wanted) ? jid : Promise.reject(undefined)
    })
    // the first that answers yes; one that does not answer is not what is looked for
    const found = await Promise.any(looks).catch(() => undefined)
    options.signal?.throwIfAborted()
    return found
  }

  #ask(to: Jid, node: string | undefined, key: string): Promise<DiscoInfo> {
    const question = discoInfo.build({ node, identities: [], features: [], forms: [] })
    const asking = ask(this.#core, 'get', question, discoInfo, { to })
    this.#asking.set(key, asking)
    const done = (info?: DiscoInfo): void => {
      if (this.#asking.get(key) !== asking) return // of a session that is over
      this.#asking.delete(key)
      if (info !== undefined) this.#learn(to, info, node)
    }
    asking.then(done, () => done())
    return asking
  }

  #node(node: string, request: Iq): OwnNode {
    for (const answer of this.#nodes) {
      const found = answer(node, request)
      if (found !== undefined) return found
    }
    throw new StanzaError('item-not-found') // [XEP-0030 7]
  }
}

/** What others and we are and can do. */
export const disco: Extension<'disco', Disco> = defineExtension({
  name: 'disco',
  features: [DISCO_INFO_NS, DISCO_ITEMS_NS],
  start: (core) => new Disco(core),
})

const keyOf = (jid: Jid, node = ''): string => `${jid}\n${node}`

function isWanted({ features, identities }: DiscoInfo, wanted: Wanted): boolean {
  if (typeof wanted === 'string') return features.includes(wanted)
  const { category, type } = wanted
  return identities.some((one) => one.category === category && (type === undefined || one.type === type))
}
