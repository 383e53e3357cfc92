/** A message that has come, as its readers see it: whose it is, when, and what is in it. */
import { type ElementCodec, intact } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import type { Message, MessageType } from '@rookery/protocol/stanza'
import type { Element } from '@rookery/protocol/xml'
import { textIn } from '../contract/text-in.ts'

/** How a message got here. */
export interface Way {
  /** A copy of what another device of this account has received or sent (XEP-0280). */
  readonly carbon?: 'received' | 'sent' | undefined
  /** It was asked of an archive, of which this is the id (XEP-0313): that of the room, for what was said in one, else that of the account. */
  readonly archived?: string | undefined
  /** The account itself has written it. */
  readonly own?: boolean | undefined
  /** It comes from an archive, or a room says that it was said before we came, or while we were away. [XEP-0045 7.2.13] */
  readonly isPast?: boolean | undefined
  /** When it was sent, in ms since 1970, as a server that we trust says; the time it came otherwise. */
  readonly at: number
}

export class ReceivedMessage {
  readonly stanza: Message
  readonly way: Way
  readonly from: Jid
  readonly to: Jid

  constructor(stanza: Message, from: Jid, to: Jid, way: Way) {
    this.stanza = stanza
    this.from = from
    this.to = to
    this.way = way
  }

  get id(): string | undefined {
    return this.stanza.id
  }

  get type(): MessageType {
    return this.stanza.type
  }

  /** In ms since 1970. */
  get at(): number {
    return this.way.at
  }

  /** Written by this account, on another device. */
  get isOwn(): boolean {
    return this.way.carbon === 'sent' || this.way.own === true
  }

  /** The text; where it is in several languages, the first of them without one, else the first. */
  get body(): string | undefined {
    return this.textOf('body')
  }

  get subject(): string | undefined {
    return this.textOf('subject')
  }

  get thread(): string | undefined {
    return this.element.childText('thread')
  }

  get element(): Element {
    return this.stanza.element
  }

  /** A payload by its codec; undefined where there is none, or where it is broken. */
  payload<T>(codec: ElementCodec<T>): T | undefined {
    return intact(codec.find(this.element))
  }

  /** `body` or `subject` in the language that is asked for, if it is there. [RFC6121 5.2.3] */
  textOf(name: 'body' | 'subject', language?: string): string | undefined {
    return textIn(this.element, name, language)
  }
}
