/**
 * Messages (RFC 6121 section 5): those that come are read once and acknowledged when they are dealt with, those that go are kept until the
 * server has them. What is said in them is for other extensions.
 */
import { intact } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { Message } from '@rookery/protocol/stanza'
import { delay } from '@rookery/protocol/xeps/delay'
import { type Element, el } from '@rookery/protocol/xml'
import { readJid } from '../contract/address.ts'
import { UsageError } from '../contract/errors.ts'
import { type Core, defineExtension, type Extension, events } from '../contract/extension.ts'
import { guard } from '../contract/guard.ts'
import { checkOptions } from '../contract/options.ts'
import type { ClientState } from '../contract/state.ts'
import { both } from '../contract/together.ts'
import { Inbox, type PickMessage } from './inbox.ts'
import { Outbox, type Reconcile } from './outbox.ts'
import { ReceivedMessage, type Way } from './received-message.ts'
import { Seen } from './seen.ts'
import type { SentMessage } from './sent-message.ts'

export { readForwarded } from './forwarded.ts'
export type { PickMessage } from './inbox.ts'
export { ReceivedMessage, type Way } from './received-message.ts'
export { type Fate, SentMessage } from './sent-message.ts'

export type MessageEvents = {
  /** Every message but errors to our own; an answered promise holds back its acknowledgement. */
  readonly message: ReceivedMessage
}

export interface PostOptions {
  readonly type?: 'normal' | 'chat' | 'groupchat' | 'headline' | undefined
  readonly id?: string | undefined
  readonly lang?: string | undefined
}

export interface InRoom {
  /** It has told what was said before: who says so now has put it there. */
  readonly isLive: boolean
  /** Somebody listens to what is said there to us alone: it is told by the room, and by nobody else. */
  readonly hearsWhispers: boolean
  /** Who has said this there, whatever they are called. */
  authorOf(message: ReceivedMessage): string
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
}

/**
 * What is to be read in place of a message that wraps it, `'taken'` when nobody else is to see it (a promise of that holds back its
 * acknowledgement), undefined when it is an ordinary one.
 */
export type Unwrapped = { readonly stanza: Message; readonly way: Way } | 'taken' | Promise<'taken'> | undefined

/** Hands a message on with `next`, now or later. What it answers holds back the acknowledgement, as what `next` answers would. */
export type Gate = (
  stanza: Message,
  way: Way,
  next: () => undefined | Promise<undefined>,
) => undefined | Promise<undefined>

/** Who has not begun to read messages this long after the client is online will not. */
const unreadFor = 30_000
/** So many wait for the first listener to come; the server waits for their acknowledgement meanwhile. */
const earlyMax = 500

export class Messages {
  /** The rooms that we are in or enter, by their bare addresses: who speaks from there is an occupant, and no contact. */
  readonly rooms: Map<string, InRoom> = new Map()
  /** For extensions: called where something may be missing that was said in a room since then (ms since 1970). */
  readonly gaps: ((room: Jid, since: number) => unknown)[] = []
  readonly #core: Core<MessageEvents>
  readonly #outbox: Outbox
  readonly #inbox: Inbox = new Inbox()
  /** @internal */
  readonly seen: Seen = new Seen(this.rooms)
  readonly #unwrappers: ((stanza: Message) => Unwrapped)[] = []
  readonly #gates: Gate[] = []
  readonly #readers: ((message: ReceivedMessage) => unknown)[] = []
  /** What came before `connect()` has answered for the first time: until then nobody could listen. */
  #early: (() => void)[] | undefined = []
  /** For somebody who reads. */
  #stopWaiting: () => void = () => undefined
  /** Where it never was, `connect()` says why: loops wait for the next try. */
  #wasOnline = false

  constructor(core: Core<MessageEvents>) {
    this.#core = core
    this.#outbox = core.carry((kept, maxBytes) => new Outbox(core, kept, maxBytes))
    core.onStanza('message', (stanza) => this.#receive(stanza))
    core.on('state', (state) => this.#changed(state))
    this.#changed(core.state) // used later than at the start
    core.onDisconnect(async (signal) => {
      for (const { message, isHeld } of this.#outbox.entries)
        if (!isHeld) await message.reached('acked', { signal }).catch(() => undefined)
    })
  }

  /**
   * What the server has not acknowledged, also of before a restart, in order. Among it, with `rooms`, what was to be said in rooms before a restart:
   * `queued` until somebody enters them again, or `cancel()` drops it.
   */
  get unacknowledged(): readonly SentMessage[] {
    return this.#outbox.entries.map(({ message }) => message)
  }

  /**
   * Every message, one after the other, each acknowledged to the server after the body of your loop has run: what your program has not dealt
   * with is sent to it again after a crash. Ends with the signal, and with `disconnect()`; throws why a client that was online has failed.
   */
  read(options?: ReadOptions): AsyncIterableIterator<ReceivedMessage> {
    return this.pick((message) => message, options)
  }

  /** The same for what `pick` makes of messages; those of which it makes undefined are for others. */
  pick<T>(pick: PickMessage<T>, options: ReadOptions = {}): AsyncIterableIterator<T> {
    checkOptions(options)
    if (typeof pick !== 'function') throw new UsageError('A listener of "messages" has to be a function.')
    const loop = this.#inbox.read(pick, options.signal)
    if (this.#core.isClosed) this.#inbox.close()
    return loop
  }

  /** Sends a message of these payloads (elements of your own, or made by codecs), and follows its fate. */
  post(to: Jid | string, children: readonly (Element | undefined)[], options: PostOptions = {}): SentMessage {
    const { type = 'chat', id, lang } = options
    const attributes = { type: type === 'normal' ? undefined : type, id, 'xml:lang': lang }
    return this.#outbox.post(new Message(el('message', NS.client, attributes, children), undefined, readJid(to)))
  }

  /** One of the last messages we sent, by its id. */
  find(id: string): SentMessage | undefined {
    return this.#outbox.byId.get(id)
  }

  /**
   * For extensions: sees each message. An answered promise holds back its acknowledgement; that, or `true`, says that the message is dealt
   * with: it does not wait for somebody who begins to read messages later.
   */
  onMessage(reader: (message: ReceivedMessage) => unknown): void {
    this.#readers.push(reader)
  }

  /** For extensions: sees messages before they are read, such as copies and results of archives. */
  unwrap(reader: (stanza: Message) => Unwrapped): void {
    this.#unwrappers.push(reader)
  }

  /** For extensions: stands before each message is read, whichever way it came, before it is known whether it has been seen. */
  gate(keep: Gate): void {
    this.#gates.push(keep)
  }

  /** For extensions: asked, after a session was lost, which of the messages that nobody acknowledged have arrived all the same. */
  reconcile(run: Reconcile): void {
    this.#outbox.reconcilers.push(run)
  }

  /** For rooms: whether what is to be said in one, or in all, and has not been sent yet, waits. */
  hold(isHeld: boolean, room?: Jid): void {
    this.#outbox.hold(isHeld, room)
  }

  /** For extensions: hands on a message that came another way, as if it had just arrived; nothing happens when it has been seen. */
  deliver(stanza: Message, way: Way): undefined | Promise<undefined> {
    return this.#pass(stanza, way, 0)
  }

  /** After so many turns of microtasks: whoever awaits `connect()` goes on meanwhile, and nothing is read from the network before. */
  #begin(turns = 0): void {
    if (turns) return queueMicrotask(() => this.#begin(turns - 1))
    const early = this.#early
    this.#early = undefined
    for (const go of early ?? []) go()
  }

  #changed(state: ClientState): void {
    const { name } = state
    this.#stopWaiting()
    if (name === 'online') {
      this.#wasOnline = true
      this.#begin(99)
      this.#stopWaiting = this.#core.clock.after(unreadFor, () => this.#inbox.release())
    } else if (name === 'offline' || (name === 'failed' && this.#wasOnline)) {
      this.#wasOnline = false
      this.#inbox.close(name === 'failed' ? state.reason : undefined)
    }
  }

  #receive(stanza: Message): undefined | Promise<undefined> {
    if (stanza.type === 'error' && this.#outbox.refused(stanza)) return undefined
    for (const unwrap of this.#unwrappers) {
      const inner = this.#guard(() => unwrap(stanza))
      if (inner === 'taken') return undefined
      if (inner instanceof Promise) return inner.then(() => undefined)
      if (inner !== undefined) return this.deliver(inner.stanza, inner.way)
    }
    return this.deliver(stanza, this.#wayOf(stanza))
  }

  #pass(stanza: Message, way: Way, gate: number): undefined | Promise<undefined> {
    const keep = this.#gates[gate]
    if (keep !== undefined) return this.#guard(() => keep(stanza, way, () => this.#pass(stanza, way, gate + 1)))
    const early = this.#early
    // what rooms say tells what has arrived, and headlines change the lists that are being fetched
    if (early === undefined || (stanza.type !== 'chat' && stanza.type !== 'normal')) return this.#read(stanza, way)
    return new Promise((resolve) => {
      if (early.push(() => resolve(this.#read(stanza, way))) > earlyMax) this.#begin()
    })
  }

  #read(stanza: Message, way: Way): undefined | Promise<undefined> {
    const own = this.#core.jid
    const { from } = stanza
    if (from === undefined || own === undefined) return undefined
    return this.seen.once(stanza, way, from, own.bare, () =>
      this.#hand(new ReceivedMessage(stanza, from, stanza.to ?? own, way)),
    )
  }

  #hand(message: ReceivedMessage): undefined | Promise<undefined> {
    const { emit, hasListeners } = this.#core
    let working: undefined | Promise<undefined>
    let isHeard = hasListeners('message')
    for (const reader of this.#readers) {
      const work = this.#guard(() => reader(message))
      working = both(working, work)
      isHeard ||= work === true || work instanceof Promise
    }
    working = both(working, emit('message', message))
    return both(working, this.#inbox.push(message, isHeard))
  }

  #guard<T>(run: () => T): T | undefined {
    return guard(this.#core.failed, 'message', run)
  }

  /**
   * A delay is believed of our own server and, while a room tells what was said before, of the room before it; never one that lies ahead.
   * [XEP-0203 5] The last one: who wrote the message may have put others there. [S59]
   */
  #wayOf(stanza: Message): Way {
    const { account, clock } = this.#core
    const { type, from } = stanza
    const isTelling = type === 'groupchat' && !this.rooms.get(`${from?.bare}`)?.isLive
    const now = clock.now()
    let at = now
    let isPast = false
    for (const child of stanza.element.children) {
      const read = typeof child === 'string' ? undefined : intact(delay.parse(child))
      if (read?.from === undefined) continue
      const by = read.from.toString()
      const isByRoom = isTelling && read.from.bare.equals(from!.bare)
      if (!isByRoom && (isPast || (by !== account.domain && by !== account.toString()))) continue
      at = Math.min(read.stamp, now)
      isPast = isByRoom
    }
    return { at, isPast }
  }
}

/** What others write to us, and what we write to them. */
export const messages: Extension<'messages', Messages, MessageEvents> = defineExtension({
  name: 'messages',
  events: events<MessageEvents>(),
  start: (core) => new Messages(core),
})
