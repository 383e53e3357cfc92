/**
 * Conversations between two: sends messages and follows what the other side says about them, tells of what comes. It keeps no messages:
 * events name the message that they are about, and who says so.
 */
import type { Jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { Message } from '@rookery/protocol/stanza'
import type { ChatState } from '@rookery/protocol/xeps/chat-states'
import { hint } from '@rookery/protocol/xeps/hints'
import { displayedMarker } from '@rookery/protocol/xeps/markers'
import { receipt } from '@rookery/protocol/xeps/receipts'
import { type Element, el } from '@rookery/protocol/xml'
import { readJid } from '../../contract/address.ts'
import type { Core } from '../../contract/extension.ts'
import { together } from '../../contract/together.ts'
import type { InRoom, PostOptions, ReceivedMessage } from '../../messages/index.ts'
import { messages, SentMessage } from '../../messages/index.ts'
import type { roster } from '../roster/index.ts'
import { isBySameAuthor } from './author.ts'
import {
  contentElements,
  type MessageContent,
  reactionElements,
  readContent,
  retractionElements,
  stateElement,
  unnamed,
} from './content.ts'
import { ChatMessage, type Place, requireOwn } from './message.ts'
import {
  type ChatNote,
  type Correction,
  type Displayed,
  hasContent,
  notesOf,
  type Reactions,
  type Receipt,
  type Retraction,
  type StateChange,
} from './notes.ts'
import { ChatStates } from './states.ts'

/** With the message of ours that a receipt or a marker is about, if it is one of the last. */
export type Confirmed<N> = N & { readonly sent?: SentMessage | undefined }

export type ChatEvents = {
  /**
   * A message to show, also one that another device of this account sent. Corrections too, when nobody listens to `chat:corrected`, and what
   * an occupant of a room says to us alone, when nobody listens to `whisper` of that room.
   */
  readonly chat: ChatMessage
  readonly 'chat:state': StateChange
  readonly 'chat:receipt': Confirmed<Receipt>
  readonly 'chat:displayed': Confirmed<Displayed>
  readonly 'chat:corrected': Correction
  readonly 'chat:retracted': Retraction
  readonly 'chat:reactions': Reactions
}

export interface ChatOptions {
  /**
   * Who is told that their messages have arrived, which says that somebody is there: everybody who asks; nobody; who may see our presence,
   * by the roster (give it: `chatWith({ receipts: roster })`); or whom you say. Default `all`.
   */
  readonly receipts?: 'all' | 'none' | typeof roster | ((from: Jid) => boolean) | undefined
  /** Whether messages ask to be told when they have arrived and been seen. Default true. */
  readonly confirm?: boolean | undefined
  /** Whether others see what one does. Default true. */
  readonly states?: boolean | undefined
  /** False: the client does not say that it is there, and so gets what is sent to its full address only. Default true. */
  readonly presence?: boolean | undefined
}

export interface SendOptions extends MessageContent {
  readonly type?: 'chat' | 'normal' | undefined
  readonly id?: string | undefined
  /** Of the body and the subject. */
  readonly lang?: string | undefined
}

/** A message of a conversation, by what the application remembers of it. */
export interface Target {
  readonly peer: Jid | string
  /** What the call needs: `reference` for reactions, `id` for retractions. */
  readonly id: string
}

/** Of XEP-0045, written here because a bundler takes its file whole. */
const MUC_USER_NS = 'http://jabber.org/protocol/muc#user'
/** Of so many messages one learns that all before another one have been seen. */
const remembered = 1_000

export class Chat {
  /** Can be changed at any time. */
  options: ChatOptions
  readonly #core: Core<ChatEvents>
  readonly #states: ChatStates = new ChatStates()
  #sent: SentMessage[] = []

  constructor(core: Core<ChatEvents>, options: ChatOptions) {
    this.#core = core
    this.options = options
    core.use(messages).onMessage((message) => this.#receive(message))
  }

  /** Sends a message, now or when there is a connection. Throws a UsageError when it cannot be said. */
  send(to: Jid | string, content: string | SendOptions): SentMessage {
    const jid = readJid(to)
    const given: SendOptions = readContent(content)
    const { confirm = true, states = true } = this.options
    const state = given.state ?? (states && this.#states.accepts(jid) ? 'active' : undefined)
    const { receipt = confirm, markable = confirm } = given
    const message = this.#post(jid, contentElements({ ...given, receipt, markable, state }), given)
    if (state !== undefined) this.#states.told(jid, state)
    this.#sent.push(message)
    if (this.#sent.length > remembered) this.#sent = this.#sent.slice(remembered / 2)
    return message
  }

  /**
   * Messages of others, one after the other, each acknowledged to the server after the body of your loop has run. Ends with the signal, and
   * with `disconnect()`. `from`: of this contact only.
   */
  messages(
    options: { readonly from?: Jid | string | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterableIterator<ChatMessage> {
    const from = options.from === undefined ? undefined : readJid(options.from)
    return this.#core.use(messages).pick((received) => {
      const message = this.read(received)
      if (message === undefined || message.isOwn || !this.#isShown(message)) return undefined
      return from === undefined || from.equals(message.peer) || from.equals(message.from) ? message : undefined
    }, options)
  }

  /** A message as one of a conversation, wherever it is from: of an archive, or of the event `message`. Undefined when it is none. */
  read(received: ReceivedMessage): ChatMessage | undefined {
    const { type, element } = received
    if (type !== 'chat' && type !== 'normal') return undefined
    const x = element.child('x', MUC_USER_NS)
    if (x?.child('invite') !== undefined || x?.child('decline') !== undefined) return undefined // [XEP-0045 7.8]
    return new ChatMessage(received, this.#place(received))
  }

  /** All that this account thinks of a message, in emojis; none takes back what it said before. */
  react(message: ChatMessage | SentMessage | Target, given: readonly string[]): SentMessage {
    const id = (message instanceof ChatMessage ? message.reference : message?.id) ?? unnamed()
    return this.#post(peerOf(message), reactionElements(id, given))
  }

  /** Takes back an own message. Who has seen it may keep it. */
  retract(message: SentMessage | ChatMessage | Target): SentMessage {
    requireOwn(message)
    const id = message?.id ?? unnamed()
    return this.#post(peerOf(message), retractionElements(id))
  }

  /** Tells the author that this message, and all before it, have been seen; when they asked for it. Call it for the newest one. `more` comes with it. */
  markDisplayed(message: ChatMessage, more: readonly Element[] = []): SentMessage | undefined {
    if (!(message ?? unnamed()).isMarkable || message.isOwn) return undefined // [XEP-0333 5]
    const id = message.reference ?? unnamed()
    return this.#post(message.peer, [displayedMarker.build({ id }), hint('store'), ...more])
  }

  /** Tells what one does. False when it was not told: there is no session, it is known, or they do not want to know. */
  setState(to: Jid | string, state: ChatState): boolean {
    const jid = readJid(to)
    const element = stateElement(state)
    if (this.options.states === false || !this.#states.wants(jid, state)) return false
    const isTold = this.#notify(jid, 'chat', [element, hint('no-store')])
    if (isTold) this.#states.told(jid, state)
    return isTold
  }

  /** A promise while listeners work, true when nobody has to read it any more. */
  #receive(received: ReceivedMessage): undefined | true | Promise<undefined> {
    const message = this.read(received)
    // an error, which archives keep as well, is no part of a conversation
    if (message === undefined) return (received.type === 'error' && this.#core.hasListeners('chat')) || undefined
    const isNew = received.way.carbon === undefined && received.way.archived === undefined
    const notes = notesOf(message)
    const isContent = hasContent(message)
    if (isNew && isContent && !message.isOwn) this.#states.heard(message.peer, message.state)
    if (isNew) this.#confirm(message) // [XEP-0184 5.5]
    // what says nothing to those who listen need not wait for others: calls, keys
    let isHeard = !isContent && (notes.length > 0 || this.#core.hasListeners('chat'))
    const works: unknown[] = []
    if (this.#isShown(message)) {
      isHeard = this.#core.hasListeners('chat')
      works.push(this.#core.emit('chat', message))
    }
    for (const note of notes) {
      if (note.kind === 'corrected') isHeard ||= this.#core.hasListeners('chat:corrected')
      works.push(this.#tell(note, isNew))
    }
    return together(works) ?? (isHeard || undefined)
  }

  /** Whether it is told as a message: a correction is, when nobody asks for corrections, and a whisper, when nobody asks the room. */
  #isShown(message: ChatMessage): boolean {
    if (this.#roomOf(message.from)?.hearsWhispers && message.way.carbon === undefined) return false
    return hasContent(message) && (message.corrects === undefined || !this.#core.hasListeners('chat:corrected'))
  }

  #tell(note: ChatNote, isNew: boolean): undefined | Promise<undefined> {
    const { kind } = note
    if ((kind === 'corrected' || kind === 'retracted') && this.#isForged(note)) return undefined
    if (kind === 'state') {
      // what somebody did a while ago is no news
      if (!isNew || note.isOwn) return undefined
      if (!hasContent(note.message)) this.#states.heard(note.peer, note.state)
    }
    let told: Confirmed<Receipt | Displayed> | ChatNote = note
    if (kind === 'receipt' || kind === 'displayed')
      told = { ...note, sent: this.#reached(note, kind === 'receipt' ? 'delivered' : kind) }
    return this.#core.emit(`chat:${kind}`, told as ChatEvents[`chat:${typeof kind}`])
  }

  /** They change a message that was ours. [XEP-0308 4] [XEP-0424 5] */
  #isForged(note: Correction | Retraction): boolean {
    const sent = this.#core.use(messages).find(note.id)
    return sent !== undefined && !isBySameAuthor({ peer: note.peer, author: this.#core.account.toString() }, note)
  }

  /** One of ours has come so far, if it is the recipient who says so; what was seen was seen with all before it. [XEP-0333 4.2] */
  #reached(note: Receipt | Displayed, fate: 'delivered' | 'displayed'): SentMessage | undefined {
    const sent = note.isOwn ? undefined : this.#core.use(messages).find(note.id)
    const isFrom = (message: SentMessage): boolean => sideOf(message.to, this.#isOccupant(message)).equals(note.peer)
    if (sent === undefined || !isFrom(sent)) return undefined
    const index = fate === 'displayed' ? this.#sent.indexOf(sent) : -1
    if (index >= 0) {
      this.#sent = this.#sent.filter((message, at) => {
        if (at > index || !isFrom(message)) return true
        if (message.fate !== 'failed' && message.fate !== 'queued') message.advance('displayed')
        return false
      })
    }
    sent.advance(fate)
    return sent
  }

  /** Tells its sender that it has arrived. [XEP-0184 7] */
  #confirm(message: ChatMessage): void {
    const { from, id, isOwn } = message
    if (id === undefined || isOwn || !message.wantsReceipt || !this.#mayKnow(from)) return
    if (message.received.payload(receipt) !== undefined) return // [XEP-0184 5.4] nobody confirms a receipt
    this.#notify(from, message.received.type, [receipt.build({ id })])
  }

  #mayKnow(from: Jid): boolean {
    const { receipts = 'all' } = this.options
    if (typeof receipts === 'function') return receipts(from)
    if (typeof receipts === 'string') return receipts === 'all'
    const subscription = this.#core.use(receipts).get(from)?.subscription
    return subscription === 'from' || subscription === 'both' // [XEP-0184 8]
  }

  #post(to: Jid, elements: readonly (Element | undefined)[], options?: PostOptions): SentMessage {
    const isOccupant = !to.isBare && this.#roomOf(to)
    return this.#core.use(messages).post(to, isOccupant ? [...elements, el('x', MUC_USER_NS)] : elements, options) // [XEP-0045 7.5]
  }

  /** Sends what nobody follows. */
  #notify(to: Jid, type: string, children: readonly Element[]): boolean {
    const attributes = { type: type === 'normal' ? undefined : type, id: this.#core.newId() }
    return this.#core.send(new Message(el('message', NS.client, attributes, children), undefined, to))
  }

  #place(received: ReceivedMessage): Place {
    const { account } = this.#core
    const isOwn = received.from.bare.equals(account)
    const other = isOwn ? received.to : received.from
    const peer = sideOf(other, this.#isOccupant({ to: other, stanza: received.stanza }))
    // [XEP-0308 4] others may take the nickname of an occupant
    const author = isOwn ? account : (this.#roomOf(other)?.authorOf(received) ?? peer)
    return { peer, author: author.toString(), isOwn, isRoom: false, archive: account }
  }

  /** Behind the bare address of a room are many people: each of them is a peer. [XEP-0045 7.5] */
  #isOccupant({ to, stanza }: { readonly to: Jid; readonly stanza: Message }): boolean {
    return (this.#roomOf(to) ?? stanza.element.child('x', MUC_USER_NS)) !== undefined
  }

  #roomOf({ bare }: Jid): InRoom | undefined {
    return this.#core.use(messages).rooms.get(`${bare}`)
  }
}

function peerOf(message: ChatMessage | SentMessage | Target): Jid {
  return message instanceof SentMessage ? message.to : readJid(message.peer)
}

function sideOf(address: Jid, isOccupant: boolean): Jid {
  return isOccupant ? address : address.bare
}
