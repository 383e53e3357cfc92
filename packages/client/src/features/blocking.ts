/**
 * Blocking (XEP-0191 1.3): addresses from which and to which nothing comes through, on all devices of the account; with the reports of
 * XEP-0377 (0.4.1). An address may be a domain, or one device.
 */
import { isBroken } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import { type Iq, StanzaError } from '@rookery/protocol/stanza'
import { BLOCKING_NS, block, blocklist, unblock } from '@rookery/protocol/xeps/blocking'
import { ABUSE, type Report, report as reportElement, SPAM } from '@rookery/protocol/xeps/reporting'
import { el } from '@rookery/protocol/xml'
import { readJid } from '../contract/address.ts'
import { ask } from '../contract/ask.ts'
import { type Core, defineExtension, type Extension, events } from '../contract/extension.ts'
import { requireOwn } from '../contract/own.ts'
import type { WaitOptions } from '../contract/within.ts'
import { type Disco, disco } from './disco.ts'

export interface BlockingChange {
  readonly blocked: readonly Jid[]
  readonly unblocked: readonly Jid[]
}

/** What those who run the server are told. */
export interface ReportOptions extends WaitOptions {
  readonly report?: 'spam' | 'abuse' | undefined
  /** In words of one's own. */
  readonly text?: string | undefined
  /** The messages in question, by the ids that archives know them by. */
  readonly messages?: Report['stanzaIds'] | undefined
}

export type BlockingEvents = {
  readonly blocking: BlockingChange
}

const maxBlocked = 50_000

export class Blocking {
  readonly #core: Core<BlockingEvents>
  readonly #disco: Disco
  readonly #jids: Map<string, Jid> = new Map()
  #isKnown = false
  #fetching: Promise<undefined> | undefined

  constructor(core: Core<BlockingEvents>) {
    this.#core = core
    this.#disco = core.use(disco)
    core.respond('set', 'block', BLOCKING_NS, (request) => this.#pushed(request, block.parse(request.payload!), true))
    core.respond('set', 'unblock', BLOCKING_NS, (request) =>
      this.#pushed(request, unblock.parse(request.payload!), false),
    )
    core.onSession('prepare', async ({ resumed, restored }) => {
      if (resumed && !restored) return
      if (await this.#disco.supports(core.account.domain, BLOCKING_NS)) await this.#fetch({})
    })
    core.onSessionEnd(() => {
      this.#isKnown = false
    })
  }

  /** All of them, as far as they are known: after the start of the session they are, where the server has the feature. */
  get jids(): readonly Jid[] {
    return [...this.#jids.values()]
  }

  /** Whether nothing comes through from this address: it, its account or its domain is blocked. [XEP-0191 3.1] */
  isBlocked(jid: Jid | string): boolean {
    const address = readJid(jid)
    const { domain, resource, bare } = address
    return [address, bare, domain, resource === '' ? domain : `${domain}/${resource}`].some((one) =>
      this.#jids.has(one.toString()),
    )
  }

  /** Throws UnsupportedError where the server has no such list; RequestError, TimeoutError, DisconnectedError. */
  async list(options: WaitOptions = {}): Promise<readonly Jid[]> {
    await this.#disco.require(this.#core.account.domain, BLOCKING_NS, options)
    if (!this.#isKnown) await this.#fetch(options)
    return this.jids
  }

  /** Blocks, and reports where that is asked for. Throws as `list` does. */
  async block(jid: Jid | string | readonly (Jid | string)[], options: ReportOptions = {}): Promise<undefined> {
    const jids = listOf(jid)
    if (jids.length === 0) return
    await this.#disco.require(this.#core.account.domain, BLOCKING_NS, options)
    const { report, text, messages = [] } = options
    const why =
      report === undefined
        ? undefined
        : reportElement.build({
            reason: report === 'spam' ? SPAM : ABUSE,
            stanzaIds: messages,
            texts: text === undefined ? [] : [{ text }],
          })
    const items = jids.map((one) => el('item', BLOCKING_NS, { jid: one.toString() }, [why]))
    await this.#core.request('set', el('block', BLOCKING_NS, undefined, items), options)
  }

  /** Throws as `list` does. */
  async unblock(jid: Jid | string | readonly (Jid | string)[], options: WaitOptions = {}): Promise<undefined> {
    const jids = listOf(jid)
    if (jids.length > 0) await this.#unblock(jids, options) // none at all would mean all of them
  }

  async unblockAll(options: WaitOptions = {}): Promise<undefined> {
    await this.#unblock([], options)
  }

  async #unblock(jids: readonly Jid[], options: WaitOptions): Promise<void> {
    await this.#disco.require(this.#core.account.domain, BLOCKING_NS, options)
    await this.#core.request('set', unblock.build({ jids }), options)
  }

  /** Whoever has asked for the list is told of its changes. [XEP-0191 3.2] */
  #fetch(options: WaitOptions): Promise<undefined> {
    this.#fetching = this.#ask(options)
    return this.#fetching
  }

  async #ask(options: WaitOptions): Promise<undefined> {
    const { jids } = await ask(this.#core, 'get', blocklist.build({ jids: [] }), blocklist, options)
    const now = new Set(jids.map(String))
    const unblocked = this.jids.filter((jid) => !now.has(jid.toString()))
    this.#isKnown = true
    this.#change(jids, unblocked)
  }

  async #pushed(request: Iq, read: ReturnType<typeof block.parse>, isBlocked: boolean): Promise<undefined> {
    requireOwn(this.#core, request)
    if (read === undefined || isBroken(read)) throw new StanzaError('bad-request')
    await this.#fetching?.catch(() => undefined) // what comes after the list is not to be overwritten by it
    if (isBlocked) this.#change(read.jids, [])
    else this.#change([], read.jids.length === 0 ? this.jids : read.jids) // [XEP-0191 3.5]
  }

  #change(wanted: readonly Jid[], unwanted: readonly Jid[]): void {
    const blocked = wanted.filter((jid) => !this.#jids.has(jid.toString())).slice(0, maxBlocked - this.#jids.size)
    const unblocked = unwanted.filter((jid) => this.#jids.has(jid.toString()))
    for (const jid of blocked) this.#jids.set(jid.toString(), jid)
    for (const jid of unblocked) this.#jids.delete(jid.toString())
    if (blocked.length + unblocked.length > 0) void this.#core.emit('blocking', { blocked, unblocked })
  }
}

/** Who is blocked. */
export const blocking: Extension<'blocking', Blocking, BlockingEvents> = defineExtension({
  name: 'blocking',
  events: events<BlockingEvents>(),
  start: (core) => new Blocking(core),
})

function listOf(jid: Jid | string | readonly (Jid | string)[]): readonly Jid[] {
  return (Array.isArray(jid) ? (jid as readonly (Jid | string)[]) : [jid as Jid | string]).map(readJid)
}
