/**
 * Displayed synchronisation (XEP-0490 1.0.1): up to which message each chat has been displayed, for the own devices. Telling the other side is
 * a marker of XEP-0333, which is the chat's; where the server assists, one message does both.
 */
import type { Jid } from '@rookery/protocol/jid'
import { displayed as codec, DISPLAYED_ASSIST_NS, DISPLAYED_NS, type Displayed } from '@rookery/protocol/xeps/displayed'
import type { Element } from '@rookery/protocol/xml'
import { readJid } from '../contract/address.ts'
import { type Core, defineExtension, type Extension, events } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'
import type { SentMessage } from '../messages/index.ts'
import { type ChatMessage, unnamed } from './chat/index.ts'
import { disco } from './disco.ts'
import { OwnList } from './pep/index.ts'
import type { PubsubEvents } from './pubsub/index.ts'

export interface DisplayedUpTo {
  /** A contact, a room, or an occupant for private messages. */
  readonly chat: Jid
  /** Of the newest message displayed: the id that `by` gave it. */
  readonly id: string
  /** The room, or our own account. */
  readonly by: Jid
}

export type DisplayedEvents = PubsubEvents & {
  /** It only moves forward: one that names an older message than you know is to be ignored. [XEP-0490 4.1] */
  readonly displayed: DisplayedUpTo
}

export interface MarkOptions extends WaitOptions {
  /** Who gave the message its id: our own account unless told; in a room, the room. */
  readonly by?: Jid | string | undefined
}

/** Who tells the other side: `client.chat`, or a room. */
export interface Marker<M extends ChatMessage> {
  markDisplayed(message: M, more?: readonly Element[]): SentMessage | undefined
}

export class DisplayedSync {
  readonly #core: Core<DisplayedEvents>
  readonly #list: OwnList<Displayed>

  constructor(core: Core<DisplayedEvents>) {
    this.#core = core
    this.#list = new OwnList(core as unknown as Core<PubsubEvents>, DISPLAYED_NS, codec, (chat, value) => {
      const found = this.#check(chat, value)
      return found && core.emit('displayed', found)
    })
  }

  /** Where a chat stands. */
  of(chat: Jid | string): DisplayedUpTo | undefined {
    const jid = readJid(chat)
    return this.#check(jid, this.#list.get(jid))
  }

  get all(): readonly DisplayedUpTo[] {
    return Array.from(this.#list.entries()).flatMap(([chat, value]) => this.#check(chat, value) ?? [])
  }

  /** Tells the other devices that the chat has been displayed up to this message. Nothing is sent when it stands there. */
  async mark(chat: Jid | string, id: string, options: MarkOptions = {}): Promise<undefined> {
    const jid = readJid(chat)
    const by = options.by === undefined ? this.#core.account : readJid(options.by)
    const before = this.of(jid)
    if (before?.id === id && before.by.equals(by)) return
    await this.#list.set(jid, () => ({ upTo: { id, by } }), options)
  }

  /**
   * Tells both sides that this message, and all before it, have been displayed: its author by `marker`, if they asked for it, and the own devices.
   * `client.displayed.show(message, client.chat)`, or `(message, message.room)`. Throws a UsageError when the message has no `stanzaId`.
   */
  async show<M extends ChatMessage>(message: M, marker: Marker<M>, options: WaitOptions = {}): Promise<undefined> {
    const { peer, isRoom, stanzaId = unnamed() } = message
    const by = isRoom ? peer : this.#core.account
    // [XEP-0490 7] else whoever gets the message learns the id
    const assists = await this.#core.use(disco).supports(this.#core.account, DISPLAYED_ASSIST_NS, options)
    const isTold = marker.markDisplayed(message, assists ? [codec.build({ upTo: { id: stanzaId, by } })] : [])
    if (!assists || isTold === undefined) await this.mark(peer, stanzaId, { ...options, by })
  }

  /** An id is given by the own server, or by the room. [XEP-0490 3.2] */
  #check(chat: Jid, value: Displayed | undefined): DisplayedUpTo | undefined {
    if (value === undefined) return undefined
    const { id, by } = value.upTo
    return by.equals(this.#core.account) || by.equals(chat.bare) ? { chat, id, by } : undefined
  }
}

/** How far the devices of the account have read. */
export const displayed: Extension<'displayed', DisplayedSync, DisplayedEvents> = defineExtension({
  name: 'displayed',
  events: events<DisplayedEvents>(),
  start: (core) => new DisplayedSync(core),
})
