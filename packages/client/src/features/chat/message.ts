/**
 * A message of a conversation, read: between two, or in a room. All is read when it is asked for. Files and formatted text are read by
 * functions of their own (files.ts, rich-text.ts), so that nobody carries them who does not use them.
 */
import { intact } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import { type ChatState, chatStateOf } from '@rookery/protocol/xeps/chat-states'
import { replace } from '@rookery/protocol/xeps/correction'
import { withoutFallback } from '@rookery/protocol/xeps/fallback'
import { markable } from '@rookery/protocol/xeps/markers'
import { referenceId } from '@rookery/protocol/xeps/message-ids'
import { receiptRequest } from '@rookery/protocol/xeps/receipts'
import { REPLIES_NS, type Reply, reply } from '@rookery/protocol/xeps/replies'
import { isTombstone } from '@rookery/protocol/xeps/retraction'
import { originId, stanzaIdBy } from '@rookery/protocol/xeps/stanza-id'
import type { Element } from '@rookery/protocol/xml'
import { UsageError } from '../../contract/errors.ts'
import type { ReceivedMessage, Way } from '../../messages/index.ts'
import type { Authored } from './author.ts'

/** Where a message belongs, and who answers for that: what its reader knows, and the message cannot say. */
export interface Place extends Authored {
  readonly peer: Jid
  readonly isOwn: boolean
  readonly isRoom: boolean
  /** Who gives ids to messages here, if it is to be believed: the account, or the room. */
  readonly archive: Jid | undefined
}

export class ChatMessage implements Authored {
  /** As it came, with its element. */
  readonly received: ReceivedMessage
  /** Whom the conversation is with: the bare address of a contact or a room; the full one of an occupant in private. */
  readonly peer: Jid
  readonly author: string
  /** Written by this account. */
  readonly isOwn: boolean
  /** Said in a room, to all. */
  readonly isRoom: boolean
  readonly #archive: Jid | undefined

  constructor(received: ReceivedMessage, { peer, author, isOwn, isRoom, archive }: Place) {
    this.received = received
    this.peer = peer
    this.author = author
    this.isOwn = isOwn
    this.isRoom = isRoom
    this.#archive = archive
  }

  /** How it got here: as it was sent, as a copy, from an archive. */
  get way(): Way {
    return this.received.way
  }

  get from(): Jid {
    return this.received.from
  }

  get to(): Jid {
    return this.received.to
  }

  /** When it was sent, in ms since 1970, as a server that we trust says; the time it came otherwise. */
  get at(): number {
    return this.received.at
  }

  get element(): Element {
    return this.received.element
  }

  /** What its sender called it. Somebody else may have called another message the same. */
  get id(): string | undefined {
    return this.received.id
  }

  /** The same, from senders that promise to do so once only (XEP-0359). */
  get originId(): string | undefined {
    return this.received.payload(originId)?.id
  }

  /** What the archive of the account, or the room, called it (XEP-0359). */
  get stanzaId(): string | undefined {
    return this.received.way.archived ?? (this.#archive && stanzaIdBy(this.element, this.#archive))
  }

  /** By what replies, reactions and markers refer to it; undefined: they cannot. */
  get reference(): string | undefined {
    return this.isRoom ? this.stanzaId : referenceId(this.element)
  }

  /** The text, without what stands there for clients that know no replies. */
  get body(): string | undefined {
    return this.bodyIn()
  }

  /** All of the text. */
  get fullBody(): string | undefined {
    return this.received.body
  }

  /** The text in this language, if it is there. */
  bodyIn(language?: string): string | undefined {
    const text = this.received.textOf('body', language)
    return text === undefined || this.replyTo === undefined ? text : withoutFallback(this.element, text, [REPLIES_NS]) // [XEP-0461 3.1]
  }

  get subject(): string | undefined {
    return this.received.subject
  }

  get thread(): string | undefined {
    return this.received.thread
  }

  /** The thread that this one began in. [RFC6121 5.2.5] */
  get parentThread(): string | undefined {
    return this.element.child('thread')?.attr('parent')
  }

  /** Which message it answers: its `reference`, and, as its sender claims, who wrote it (XEP-0461). */
  get replyTo(): Reply | undefined {
    return this.received.payload(reply)
  }

  /** The `id` of the message that it takes the place of, if both are by the same author (XEP-0308). */
  get corrects(): string | undefined {
    return this.received.payload(replace)?.id
  }

  /** An archive has this in the place of a message that was taken back. [XEP-0424 4] */
  get isRetracted(): boolean {
    return this.received.way.archived !== undefined && isTombstone(this.element)
  }

  /** What the sender does (XEP-0085). */
  get state(): ChatState | undefined {
    return chatStateOf(this.element)
  }

  /** Its sender asks to be told when it has arrived (XEP-0184). */
  get wantsReceipt(): boolean {
    return this.id !== undefined && this.received.payload(receiptRequest) !== undefined
  }

  /** Its sender asks to be told when it has been seen (XEP-0333). */
  get isMarkable(): boolean {
    return this.received.payload(markable) !== undefined
  }
}

/** Throws a UsageError where somebody else is known to have written it: nobody may change it but its author. [XEP-0308 4, XEP-0424 5] */
export function requireOwn(message: unknown): void {
  // of what was said in a room before we came it may not be known
  if (message instanceof ChatMessage && !message.isOwn && !message.author.startsWith('unknown:'))
    throw new UsageError('Only the author of a message can change it, or take it back.')
}

/** The `id` that corrections of a message name: a correction of a correction names the first one. [XEP-0308 4] */
export function correctableId(id: string | undefined, element: Element): string | undefined {
  return intact(replace.find(element))?.id ?? id
}
