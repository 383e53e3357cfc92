/**
 * The three kinds of stanzas of RFC 6120 section 8 with their addresses made out, and how each is written.
 * Immutable: a change makes a new stanza that shares the payload. Routing rules are not here.
 */
import { Addressed } from '#addressed'
import type { Jid } from '../jid/index.ts'
import * as NS from '../namespaces.ts'
import { type Element, el } from '../xml/index.ts'
import type { StanzaError } from './stanza-error.ts'

const messageTypes = ['chat', 'groupchat', 'headline', 'error'] as const
const presenceTypes = [
  'unavailable',
  'subscribe',
  'subscribed',
  'unsubscribe',
  'unsubscribed',
  'probe',
  'error',
] as const
const iqTypes = ['get', 'set', 'result', 'error'] as const

/** An unknown type reads as normal. [RFC6121 5.2.2] */
export type MessageType = 'normal' | (typeof messageTypes)[number]
/** [RFC6121 4.7.1]; no type attribute means `available`. */
export type PresenceType = 'available' | (typeof presenceTypes)[number]
/** [RFC6120 8.2.3] */
export type IqType = (typeof iqTypes)[number]

export type Stanza = Message | Presence | Iq

export class Message extends Addressed<MessageType> {
  readonly kind = 'message'

  constructor(element: Element, from: Jid | undefined, to: Jid | undefined) {
    super(element, from, to, oneOf(messageTypes, element.attr('type')) ?? 'normal')
  }
}

export class Presence extends Addressed<PresenceType> {
  readonly kind = 'presence'
}

export class Iq extends Addressed<IqType> {
  readonly kind = 'iq'

  /** The one child of a request. [RFC6120 8.2.3] */
  get payload(): Element | undefined {
    return this.element.firstElement()
  }
}

function oneOf<T extends string>(known: readonly T[], word: string | undefined): T | undefined {
  return known.includes(word as T) ? (word as T) : undefined
}

/** The type of a presence stanza, or undefined for one the specification does not know. [RFC6121 4.7.1] */
export function presenceType(type: string | undefined): PresenceType | undefined {
  return type === undefined ? 'available' : oneOf(presenceTypes, type)
}

/** [RFC6120 8.2.3] */
export function iqType(type: string | undefined): IqType | undefined {
  return oneOf(iqTypes, type)
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
  if (stanza.kind === 'message') return new Message(element, stanza.to, stanza.from)
  const Kind = stanza.kind === 'iq' ? Iq : Presence
  return new Kind(element, stanza.to, stanza.from, 'error')
}
