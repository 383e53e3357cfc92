/**
 * Presence (RFC 6121 section 4): what we say of ourselves at the start of each session and whenever it changes, and what others say of
 * themselves. Who may see it is decided in the roster; occupants of rooms are kept by rooms.
 */
import type { Jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { type Presence, presence as presenceStanza } from '@rookery/protocol/stanza'
import { idle } from '@rookery/protocol/xeps/idle'
import { type Element, el } from '@rookery/protocol/xml'
import { readJid } from '../../contract/address.ts'
import { type Appearance, appearance } from '../../contract/appearance.ts'
import { UsageError } from '../../contract/errors.ts'
import { type Core, defineExtension, type Extension, events } from '../../contract/extension.ts'
import { ContactPresence, type Show, shows } from './contact-presence.ts'
import { Contacts } from './contacts.ts'

export { ContactPresence, type Show } from './contact-presence.ts'

/** What we say of ourselves. */
export interface OwnPresence {
  readonly show?: Show | undefined
  /** Words, or words by language: `{ en: 'Out for lunch', de: 'Mittag' }`. */
  readonly status?: string | Readonly<Record<string, string>> | undefined
  /** −128 to 127, 0 unless told; below 0 the device takes no messages that are for any of them. */
  readonly priority?: number | undefined
  /** Since when nobody has touched the device, in ms since 1970. [XEP-0319] */
  readonly idleSince?: number | undefined
}

export type PresenceEvents = {
  /** Every presence stanza, also of rooms, and questions and answers about subscriptions. */
  readonly presence: Presence
  /** Somebody came, changed or left: `isAvailable` says which. */
  readonly 'presence:changed': ContactPresence
}

export class Presences {
  /** Whose presence is kept when memory is short; set by the roster. */
  isContact: (bare: Jid) => boolean = () => false
  /** For features: called when the server begins to tell us things: we are there again after `hide()`, or it has learned what we want to know. */
  readonly told: (() => void)[] = []
  readonly #core: Core<PresenceEvents>
  readonly #appearance: Appearance
  readonly #contacts: Contacts = new Contacts((bare) => this.isContact(bare))
  readonly #decorations: ((to: Jid | undefined) => Element | undefined)[] = []
  #own: OwnPresence | undefined = {}
  /** The session has begun to show itself. */
  #hasAppeared = false
  #announces = false
  #returns = false

  constructor(core: Core<PresenceEvents>) {
    this.#core = core
    core.onStanza('presence', (stanza) => {
      this.#read(stanza)
      void core.emit('presence', stanza)
    })
    this.#appearance = core.use(appearance)
    this.#appearance.elements = (to) => this.#elements(to, this.#own)
    core.onSession('appear', ({ resumed, restored }) => {
      const isAnew = !this.#hasAppeared
      this.#hasAppeared = true
      if (this.#own === undefined || (resumed && !restored && !isAnew)) return
      // those that are available already are told of others only when they become it [RFC6121 4.2.2]
      if (restored) this.#send('unavailable', [])
      this.#send()
    })
    core.onSessionEnd(() => {
      this.#hasAppeared = false
      this.#forget()
    })
  }

  /** What we say of ourselves; undefined while we say that we are not there. */
  get own(): OwnPresence | undefined {
    return this.#own
  }

  /** Says so to all who may see it, now and in each session to come. `{}`: available. Throws a UsageError. */
  set(own: OwnPresence = {}): undefined {
    const { priority = 0, show } = own
    if (!shows.includes(show)) throw new UsageError('`show` is chat, away, xa or dnd.')
    if (!Number.isInteger(priority) || priority < -128 || priority > 127)
      throw new UsageError('A priority is a whole number from -128 to 127.')
    this.#returns ||= this.#own === undefined
    this.#own = own
    this.#announce()
  }

  /**
   * Says that we are not there, now and in each session to come until `set`. Messages to the account may still arrive; of others we are told
   * nothing meanwhile. [RFC6121 4.5.2]
   */
  hide(status?: string): undefined {
    this.#own = undefined
    if (this.#hasAppeared) this.#send('unavailable', texts('status', status))
    this.#forget()
  }

  /** Says something to one who does not see it otherwise, or something else than to others. Is to be taken back with `hideFrom`. [RFC6121 4.6] */
  showTo(jid: Jid | string, own: OwnPresence | undefined = this.#own): boolean {
    return this.#send('available', undefined, readJid(jid), own)
  }

  hideFrom(jid: Jid | string, status?: string): boolean {
    return this.#send('unavailable', texts('status', status), readJid(jid))
  }

  /** For features: adds an element to each presence in which we are available. */
  decorate(make: (to: Jid | undefined) => Element | undefined): void {
    this.#decorations.push(make)
  }

  /** For features: says it again, at the end of this turn, as what they add has changed. */
  refresh(): void {
    if (this.#own !== undefined) this.#announce()
  }

  /** All devices of somebody that are available. */
  of(jid: Jid | string): readonly ContactPresence[] {
    return this.#contacts.of(readJid(jid).bare)
  }

  /** The device to reach somebody at; of a full address: that one. */
  best(jid: Jid | string): ContactPresence | undefined {
    const address = readJid(jid)
    if (address.isFull) return this.#contacts.get(address)
    let best: ContactPresence | undefined
    for (const one of this.#contacts.of(address)) if (best === undefined || one.isBetterThan(best)) best = one
    return best
  }

  #read({ element, from, type }: Presence): void {
    if (element.child('x', 'http://jabber.org/protocol/muc#user') !== undefined) return
    const jid = from!
    if (type === 'unavailable') {
      // [RFC6121 4.5.3] from a bare address: none of its devices is there
      const gone = jid.isFull ? [jid] : this.of(jid).map((one) => one.jid)
      this.#contacts.delete(jid)
      for (const one of gone) this.#gone(one, element)
    } else if (type === 'available') {
      const here = new ContactPresence(jid, true, this.#core.clock.now(), element)
      this.#contacts.set(here)
      void this.#core.emit('presence:changed', here)
    }
  }

  /** Nobody tells us any more who is there. */
  #forget(): void {
    const all = this.#contacts.all()
    this.#contacts.clear()
    for (const { jid } of all) this.#gone(jid, unknown)
  }

  #gone(jid: Jid, element: Element): void {
    void this.#core.emit('presence:changed', new ContactPresence(jid, false, this.#core.clock.now(), element))
  }

  /** One for all changes of this turn. */
  #announce(): void {
    if (this.#announces) return
    this.#announces = true
    queueMicrotask(() => {
      this.#announces = false
      if (this.#own === undefined) return
      for (const tell of this.#appearance.changed) tell()
      if (!this.#hasAppeared) return
      this.#send()
      if (this.#returns) for (const tell of this.told) tell()
      this.#returns = false
    })
  }

  #send(
    type: 'available' | 'unavailable' = 'available',
    children?: readonly (Element | undefined)[],
    to?: Jid,
    own = this.#own,
  ): boolean {
    const all = children ?? this.#elements(to, own)
    return this.#core.send(presenceStanza(undefined, to, type, all))
  }

  #elements(to: Jid | undefined, own: OwnPresence = {}): readonly (Element | undefined)[] {
    const { show, status, priority = 0, idleSince } = own
    return [
      ...texts('show', show),
      ...texts('status', status),
      ...texts('priority', priority === 0 ? undefined : `${priority}`),
      idleSince === undefined ? undefined : idle.build({ since: idleSince }),
      ...this.#decorations.map((make) => make(to)),
    ]
  }
}

/** Our presence, and that of others. */
export const presence: Extension<'presence', Presences, PresenceEvents> = defineExtension({
  name: 'presence',
  events: events<PresenceEvents>(),
  start: (core) => new Presences(core),
})

const unknown = el('presence', NS.client, { type: 'unavailable' })

/** @internal Texts of a stanza, in one language or several. */
export function texts(name: string, given: string | Readonly<Record<string, string>> | undefined): Element[] {
  if (given === undefined) return []
  if (typeof given === 'string') return [el(name, NS.client, undefined, given)]
  return Object.entries(given).map(([language, text]) => el(name, NS.client, { 'xml:lang': language }, text))
}
