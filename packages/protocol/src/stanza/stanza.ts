/**
 * The three kinds of stanzas of RFC 6120 section 8 with their addresses made out, and how each is written.
 * Immutable: a change makes a new stanza that shares the payload. Routing rules are not here.
 */

import { Addressed } from '#addressed'
import type { Jid } from '../jid/index.ts'
import { NS } from '../namespaces.ts'
import { type Element, el } from '../xml/index.ts'
import type { StanzaError } from './stanza-error.ts'

/** [RFC6121 5.2.2] */
export type MessageType = 'normal' | 'chat' | 'groupchat' | 'headline' | 'error'
/** [RFC6121 4.7.1]; no type attribute means `available`. */
export type PresenceType =
  | 'available'
  | 'unavailable'
  | 'subscribe'
  | 'subscribed'
  | 'unsubscribe'
  | 'unsubscribed'
  | 'probe'
  | 'error'
/** [RFC6120 8.2.3] */
export type IqType = 'get' | 'set' | 'result' | 'error'

export type Stanza = Message | Presence | Iq

export class Message extends Addressed {
  readonly kind = 'message'
  readonly type: MessageType

  constructor(element: Element, from: Jid | undefined, to: Jid | undefined) {
    super(element, from, to)
    this.type = messageType(element.attr('type'))
  }

  with(change: { element?: Element; from?: Jid; to?: Jid }): Message {
    const made = new Message(change.element ?? this.element, change.from ?? this.from, change.to ?? this.to)
    return made.element === this.element && made.from === this.from ? made.twinOf(this) : made
  }

  /** The same with an element that has the attributes of this one, and other content. */
  withElement(element: Element): Message {
    const made = new Message(element, this.from, this.to)
    return element.attributes === this.element.attributes ? made.twinOf(this) : made
  }
}

export class Presence extends Addressed {
  readonly kind = 'presence'
  readonly type: PresenceType

  constructor(element: Element, from: Jid | undefined, to: Jid | undefined, type: PresenceType) {
    super(element, from, to)
    this.type = type
  }

  with(change: { element?: Element; from?: Jid; to?: Jid }): Presence {
    const made = new Presence(change.element ?? this.element, change.from ?? this.from, change.to ?? this.to, this.type)
    return made.element === this.element && made.from === this.from ? made.twinOf(this) : made
  }
}

export class Iq extends Addressed {
  readonly kind = 'iq'
  readonly type: IqType

  constructor(element: Element, from: Jid | undefined, to: Jid | undefined, type: IqType) {
    super(element, from, to)
    this.type = type
  }

  /** The one child of a request. [RFC6120 8.2.3] */
  get payload(): Element | undefined {
    return this.element.firstElement()
  }

  with(change: { element?: Element; from?: Jid; to?: Jid }): Iq {
    const made = new Iq(change.element ?? this.element, change.from ?? this.from, change.to ?? this.to, this.type)
    return made.element === this.element && made.from === this.from ? made.twinOf(this) : made
  }
}

/** An unknown type reads as normal. [RFC6121 5.2.2] */
function messageType(type: string | undefined): MessageType {
  switch (type) {
    case 'chat':
    case 'groupchat':
    case 'headline':
    case 'error':
      return type
    default:
      return 'normal'
  }
}

/** The type of a presence stanza, or undefined for one the specification does not know. [RFC6121 4.7.1] */
export function presenceType(type: string | undefined): PresenceType | undefined {
  switch (type) {
    case undefined:
      return 'available'
    case 'unavailable':
    case 'subscribe':
    case 'subscribed':
    case 'unsubscribe':
    case 'unsubscribed':
    case 'probe':
    case 'error':
      return type
    default:
      return undefined
  }
}

/** [RFC6120 8.2.3] */
export function iqType(type: string | undefined): IqType | undefined {
  return type === 'get' || type === 'set' || type === 'result' || type === 'error' ? type : undefined
}

/** Builds a message from code. */
export function message(
  from: Jid | undefined,
  to: Jid | undefined,
  attributes: { id?: string | undefined; type?: MessageType | undefined; 'xml:lang'?: string | undefined },
  children: readonly (Element | undefined)[],
): Message {
  return new Message(el('message', NS.client, attributes, children), from, to)
}

/** Builds a presence from code. */
export function presence(
  from: Jid | undefined,
  to: Jid | undefined,
  type: PresenceType,
  children: readonly (Element | undefined)[] = [],
  id?: string,
): Presence {
  const attributes = { type: type === 'available' ? undefined : type, id }
  return new Presence(el('presence', NS.client, attributes, children), from, to, type)
}

/** Builds a request or an answer from code. */
export function iq(
  from: Jid | undefined,
  to: Jid | undefined,
  type: IqType,
  id: string | undefined,
  payload?: Element,
): Iq {
  return new Iq(el('iq', NS.client, { type, id }, [payload]), from, to, type)
}

/** The answer to a request: addresses turned, same id. [RFC6120 8.2.3] */
export function resultOf(request: Iq, payload?: Element): Iq {
  return iq(request.to, request.from, 'result', request.id, payload)
}

/**
 * The error that answers a stanza, or undefined where none may be sent: never to an error or a result.
 * The original payload is not sent back: it would let anybody use a server to multiply traffic. [RFC6120 8.3.1]
 */
export function errorOf(stanza: Stanza, error: StanzaError): Stanza | undefined {
  if (stanza.type === 'error' || stanza.type === 'result') return undefined
  const id = stanza.id ?? (stanza.kind === 'iq' ? '' : undefined) // [RFC6120 8.3.1]
  const attributes = { type: 'error', id }
  const element = el(stanza.kind, NS.client, attributes, [error.toElement()])
  switch (stanza.kind) {
    case 'message':
      return new Message(element, stanza.to, stanza.from)
    case 'presence':
      return new Presence(element, stanza.to, stanza.from, 'error')
    case 'iq':
      return new Iq(element, stanza.to, stanza.from, 'error')
  }
}
