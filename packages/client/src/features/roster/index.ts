/**
 * The roster (RFC 6121 section 2) and who may see whose presence (section 3): kept across restarts, brought up to date at the start of each
 * session, changed only by the own account. [S55]
 */
import { intact } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { type Iq, type Presence, presence as presenceStanza, StanzaError } from '@rookery/protocol/stanza'
import { nick } from '@rookery/protocol/xeps/nick'
import { preApprovalFeature, roster as rosterElement, rosterVersioningFeature } from '@rookery/protocol/xeps/roster'
import type { Element } from '@rookery/protocol/xml'
import { readJid } from '../../contract/address.ts'
import { readAnswer } from '../../contract/ask.ts'
import { DisconnectedError, UnsupportedError } from '../../contract/errors.ts'
import { type Core, defineExtension, type Extension, events } from '../../contract/extension.ts'
import { requireOwn } from '../../contract/own.ts'
import { tellUnkept } from '../../contract/unkept.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { presence, texts } from '../presence/index.ts'
import { type Contact, contactOf, groupsOf, readKept } from './contact.ts'

export type { Contact } from './contact.ts'

/** What has become different. */
export interface RosterChange {
  /** New ones, and those that have changed. */
  readonly changed: readonly Contact[]
  readonly removed: readonly Contact[]
}

/** Somebody asks to see our presence: answer with `approve` or `deny`. */
export interface SubscriptionRequest {
  readonly jid: Jid
  /** Words for us. */
  readonly status: string | undefined
  /** What they call themselves: shown, never trusted. [XEP-0172] */
  readonly nick: string | undefined
}

export type RosterEvents = {
  readonly roster: RosterChange
  readonly 'subscription:request': SubscriptionRequest
  /** They let us see their presence. */
  readonly 'subscription:approved': { readonly jid: Jid }
  /** They do not, or not any more. */
  readonly 'subscription:denied': { readonly jid: Jid }
  /** They want to see ours no more. */
  readonly 'subscription:cancelled': { readonly jid: Jid }
}

const maxContacts = 50_000
const maxRequests = 500

export class Roster {
  /** Whether contacts whose presence we see, or have asked to see, may see ours without a question. */
  autoApprove = false
  readonly #core: Core<RosterEvents>
  #contacts: Map<string, Contact>
  readonly #requests: Map<string, SubscriptionRequest> = new Map()
  #ver: string | undefined
  #keeping: Promise<unknown> | undefined
  #kept: Promise<unknown> = Promise.resolve()
  #fetching: Promise<boolean> | undefined

  constructor(core: Core<RosterEvents>) {
    this.#core = core
    const kept = readKept(core.kept('roster'))
    this.#ver = kept?.ver
    this.#contacts = new Map(kept?.contacts.map((contact) => [contact.jid.toString(), contact]))
    core.use(presence).isContact = (bare) => !!this.get(bare)
    core.respond('set', 'query', NS.roster, (request) => this.#pushed(request))
    core.onStanza('presence', (stanza) => this.#read(stanza))
    core.onSession('prepare', async ({ resumed, restored }) => {
      if (resumed && !restored) return
      this.#fetching = this.#fetch()
      await this.#fetching
    })
    core.onSessionEnd(() => this.#requests.clear()) // the server asks again
  }

  get contacts(): readonly Contact[] {
    return [...this.#contacts.values()]
  }

  /** The names of all groups, in their order. */
  get groups(): readonly string[] {
    return [...new Set(this.contacts.flatMap(({ groups }) => groups))].sort()
  }

  /** Questions that are not answered yet. */
  get requests(): readonly SubscriptionRequest[] {
    return [...this.#requests.values()]
  }

  get(jid: Jid | string): Contact | undefined {
    return this.#contacts.get(readJid(jid).bare.toString())
  }

  /** Whether somebody may see our presence: a contact that we have let, or another device of ours. */
  seesUs(jid: Jid | string): boolean {
    const { bare } = readJid(jid)
    return /from|both/.test(this.get(bare)?.subscription ?? '') || bare.equals(this.#core.account)
  }

  /** Adds somebody, or changes their name and groups; what is left out stays. Does not ask to see their presence: `subscribe` does. */
  async set(
    jid: Jid | string,
    change: { readonly name?: string | undefined; readonly groups?: readonly string[] | undefined } = {},
    options?: WaitOptions,
  ): Promise<undefined> {
    const { bare } = readJid(jid)
    const { name, groups = [] } = { ...this.get(bare), ...change }
    await this.#change({ jid: bare, name: name === '' ? undefined : name, groups: groupsOf(groups) }, options)
  }

  /** Removes somebody, and ends both subscriptions. [RFC6121 2.5] */
  async remove(jid: Jid | string, options?: WaitOptions): Promise<undefined> {
    await this.#change({ jid: readJid(jid).bare, subscription: 'remove', groups: [] }, options)
  }

  /** Asks somebody to let us see their presence. They are added to the roster by the server. [RFC6121 3.1] Throws DisconnectedError. */
  subscribe(jid: Jid | string, words: { readonly status?: string; readonly nick?: string } = {}): undefined {
    this.#send(jid, 'subscribe', [
      ...texts('status', words.status),
      words.nick === undefined ? undefined : nick.build({ nick: words.nick }),
    ])
  }

  /** Wants to see their presence no more. [RFC6121 3.3] */
  unsubscribe(jid: Jid | string): undefined {
    this.#send(jid, 'unsubscribe')
  }

  /** Lets somebody who has asked see our presence. [RFC6121 3.1.4] */
  approve(jid: Jid | string): undefined {
    this.#send(jid, 'subscribed')
  }

  /** Lets somebody see our presence as soon as they ask. Throws UnsupportedError where the server cannot. [RFC6121 3.4] */
  preApprove(jid: Jid | string): undefined {
    if (!this.#isOffered(preApprovalFeature))
      throw new UnsupportedError(preApprovalFeature.ns, 'The server knows no such approval.')
    this.#send(jid, 'subscribed')
  }

  /** Refuses, or takes back what was approved. [RFC6121 3.2] */
  deny(jid: Jid | string): undefined {
    this.#send(jid, 'unsubscribed')
  }

  async #change(
    item: Parameters<typeof rosterElement.build>[0]['items'][number],
    options?: WaitOptions,
  ): Promise<void> {
    await this.#core.request('set', rosterElement.build({ items: [item] }), options)
  }

  #send(jid: Jid | string, type: Presence['type'], children?: readonly (Element | undefined)[]): undefined {
    const { bare } = readJid(jid)
    if (!this.#core.send(presenceStanza(undefined, bare, type, children))) throw new DisconnectedError()
    if (type === 'subscribed' || type === 'unsubscribed') this.#requests.delete(bare.toString())
  }

  async #fetch(): Promise<true> {
    const hasVersions = this.#isOffered(rosterVersioningFeature)
    // [RFC6121 2.6.2] '' says: versions, please, but there is none yet
    const ver = hasVersions ? (this.#ver ?? '') : undefined
    const answer = await this.#core.request('get', rosterElement.build({ ver, items: [] }))
    if (answer === undefined && ver !== undefined) return true // [RFC6121 2.6.3] what we have is what there is; changes are pushed
    const fetched = readAnswer(answer, rosterElement)
    this.#ver = fetched.ver
    const contacts = fetched.items.slice(0, maxContacts).map(contactOf)
    const now = new Map(contacts.map((contact) => [contact.jid.toString(), contact]))
    const removed = this.contacts.filter(({ jid }) => !now.has(jid.toString()))
    const changed = contacts.filter((contact) => !isSame(contact, this.get(contact.jid)))
    this.#contacts = now
    await this.#keep()
    if (changed.length + removed.length > 0) void this.#core.emit('roster', { changed, removed })
    return true
  }

  /** [RFC6121 2.1.6] a change, told by the own account and nobody else */
  async #pushed(request: Iq): Promise<undefined> {
    requireOwn(this.#core, request)
    const push = intact(rosterElement.parse(request.payload!))
    if (push?.items.length !== 1) throw new StanzaError('bad-request')
    // what comes after the list is not to be overwritten by it; without one it is no list that the version would be of
    const isWhole = await this.#fetching?.catch(() => false)
    const item = push.items[0]!
    const contact = contactOf(item)
    const key = contact.jid.toString()
    const before = this.#contacts.get(key)
    const isRemoved = item.subscription === 'remove'
    if (isRemoved) this.#contacts.delete(key)
    else if (before === undefined && this.#contacts.size >= maxContacts) throw new StanzaError('resource-constraint')
    else this.#contacts.set(key, contact)
    if (this.autoApprove && this.#requests.has(key) && isSeen(contact)) this.approve(contact.jid) // both have asked at once
    if (isWhole) this.#ver = push.ver
    // listeners first: what is kept is read again only after a restart
    void this.#core.emit(
      'roster',
      isRemoved ? { changed: [], removed: [before ?? contact] } : { changed: [contact], removed: [] },
    )
    await this.#keep()
  }

  #read({ element, from, type }: Presence): void {
    const jid = from!.bare
    if (jid.equals(this.#core.account)) return
    if (type === 'subscribe') this.#asked(jid, element)
    else if (type === 'subscribed') void this.#core.emit('subscription:approved', { jid })
    else if (type === 'unsubscribed') void this.#core.emit('subscription:denied', { jid })
    else if (type === 'unsubscribe') {
      this.#requests.delete(jid.toString())
      void this.#core.emit('subscription:cancelled', { jid })
    }
  }

  #isOffered({ name, ns }: Element): boolean {
    return this.#core.streamFeatures.child(name, ns) !== undefined
  }

  #asked(jid: Jid, element: Element): void {
    if (this.autoApprove && isSeen(this.get(jid))) return this.approve(jid)
    const request: SubscriptionRequest = {
      jid,
      status: element.childText('status') || undefined,
      nick: intact(nick.find(element))?.nick,
    }
    if (this.#requests.size >= maxRequests && !this.#requests.has(jid.toString())) return // the server keeps it, and asks again
    this.#requests.set(jid.toString(), request)
    void this.#core.emit('subscription:request', request)
  }

  /** Once for all that changes at once, or while it is being kept: it is all of the roster each time. */
  #keep(): Promise<unknown> {
    const keep = async (): Promise<void> => {
      this.#keeping = undefined
      const row = JSON.stringify({ ver: this.#ver, contacts: this.contacts })
      await tellUnkept(this.#core, this.#core.keep('roster', row), 'The roster could not be kept.')
    }
    return (this.#keeping ??= this.#kept = this.#kept.then(keep))
  }
}

/** Contacts, and who sees whose presence. */
export const roster: Extension<'roster', Roster, RosterEvents> = defineExtension({
  name: 'roster',
  events: events<RosterEvents>(),
  start: (core) => new Roster(core),
})

/** Whether we see their presence, or have asked to. */
function isSeen(contact: Contact | undefined): boolean {
  return contact !== undefined && (contact.isAsked || /to|both/.test(contact.subscription))
}

function isSame(one: Contact, other: Contact | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
