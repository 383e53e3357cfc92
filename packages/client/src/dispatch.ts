/**
 * What comes in, read and handed on: requests to who answers them, answers to who asked, messages through the readers of extensions to the
 * application. Everything here comes from the wire, and nothing of it is believed without a look at who sent it.
 */
import type { Maybe } from '@rookery/protocol'
import { isBroken } from '@rookery/protocol/codec'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import {
  errorOf,
  Iq,
  iqType,
  Message,
  Presence,
  presenceType,
  resultOf,
  type Stanza,
  StanzaError,
} from '@rookery/protocol/stanza'
import { delay } from '@rookery/protocol/xeps/delay'
import { originId, stanzaIdBy } from '@rookery/protocol/xeps/stanza-id'
import type { Element } from '@rookery/protocol/xml'
import { ListenerError } from './errors.ts'
import type { Emitter } from './events.ts'
import type { ClientEvents, Gate, Unwrapped } from './extension.ts'
import type { Inbox } from './inbox.ts'
import { ReceivedMessage, type Way } from './received-message.ts'
import type { Requests } from './requests.ts'

export type Answer = (request: Iq) => Maybe<Element | undefined>

/** So many of the last messages are known again when they come twice. */
const remembered = 5_000

export interface DispatchParts {
  readonly emitter: Emitter<ClientEvents>
  readonly requests: Requests
  readonly inbox: Inbox
  readonly now: () => number
  /** The address of the session. */
  readonly own: () => Jid | undefined
  readonly reply: (stanza: Stanza) => void
  /** An error for a message of ours: true when it was one. */
  readonly refused: (error: Message) => boolean
}

export class Dispatch {
  readonly #parts: DispatchParts
  readonly #answers: Map<string, Answer> = new Map()
  readonly unwrappers: ((stanza: Message) => Unwrapped)[] = []
  readonly gates: Gate[] = []
  readonly messageReaders: ((message: ReceivedMessage) => unknown)[] = []
  readonly presenceReaders: ((presence: Presence) => unknown)[] = []
  readonly rooms: Set<string> = new Set()
  readonly #seen: Set<string> = new Set()

  constructor(parts: DispatchParts) {
    this.#parts = parts
  }

  respond(type: 'get' | 'set', name: string, ns: string, answer: Answer): void {
    this.#answers.set(`${type} ${name} ${ns}`, answer)
  }

  /** A stanza from the stream; a promise while somebody works on it. */
  receive(element: Element): undefined | Promise<undefined> {
    const own = this.#parts.own()
    if (own === undefined) return undefined
    const from = readAddress(element, 'from')
    const to = readAddress(element, 'to')
    if (from === null || to === null) return undefined // an address that is none: nobody can be answered
    if (element.name === 'message') return this.#message(new Message(element, from ?? own.bare, to ?? own), own)
    if (element.name === 'presence') {
      const type = presenceType(element.attr('type'))
      if (type !== undefined) this.#presence(new Presence(element, from ?? own.bare, to ?? own, type))
    } else if (element.name === 'iq') {
      const type = iqType(element.attr('type'))
      if (type !== undefined) this.#iq(new Iq(element, from, to, type), own)
    }
    return undefined
  }

  /** A message, however it came; not twice. */
  deliver(stanza: Message, way: Way, gate = 0): undefined | Promise<undefined> {
    const keep = this.gates[gate]
    if (keep === undefined) return this.#read(stanza, way)
    return this.#call('message', () => keep(stanza, way, () => this.deliver(stanza, way, gate + 1)))
  }

  #read(stanza: Message, way: Way): undefined | Promise<undefined> {
    const { from, to } = stanza
    const own = this.#parts.own()
    if (from === undefined || own === undefined || this.#isKnown(stanza, way, from, own)) return undefined
    const message = new ReceivedMessage(stanza, from, to ?? own, way)
    const { emitter, inbox } = this.#parts
    let working: undefined | Promise<undefined>
    let isHeard = emitter.has('message')
    for (const reader of this.messageReaders) {
      const work = this.#call('message', () => reader(message))
      working = both(working, work)
      isHeard ||= work === true || work instanceof Promise
    }
    working = both(working, emitter.emit('message', message))
    return both(working, inbox.push(message, isHeard))
  }

  #message(stanza: Message, own: Jid): undefined | Promise<undefined> {
    if (stanza.type === 'error' && this.#parts.refused(stanza)) return undefined
    for (const unwrap of this.unwrappers) {
      const inner = this.#call('message', () => unwrap(stanza))
      if (inner === 'taken') return undefined
      if (inner !== undefined) return this.deliver(inner.stanza, inner.way)
    }
    return this.deliver(stanza, { at: this.#timeOf(stanza, own) })
  }

  #presence(presence: Presence): void {
    for (const reader of this.presenceReaders) this.#call('presence', () => reader(presence))
    this.#parts.emitter.emit('presence', presence)
  }

  #iq(iq: Iq, own: Jid): void {
    if (iq.type === 'result' || iq.type === 'error') {
      this.#parts.requests.answer(iq, own)
      return
    }
    const { payload } = iq
    const answer = payload && this.#answers.get(`${iq.type} ${payload.name} ${payload.ns}`)
    // [RFC6120 8.4] a request that nobody knows is answered as well
    if (answer === undefined) return this.#refuse(iq, new StanzaError('service-unavailable'))
    try {
      const made = answer(iq)
      if (made instanceof Promise)
        made.then(
          (result) => this.#parts.reply(resultOf(iq, result)),
          (cause: unknown) => this.#threw(iq, cause),
        )
      else this.#parts.reply(resultOf(iq, made))
    } catch (cause) {
      this.#threw(iq, cause)
    }
  }

  #threw(iq: Iq, cause: unknown): void {
    if (cause instanceof StanzaError) return this.#refuse(iq, cause)
    this.#refuse(iq, new StanzaError('internal-server-error'))
    this.#parts.emitter.emit('error', new ListenerError('request', cause))
  }

  #refuse(iq: Iq, error: StanzaError): void {
    const refusal = errorOf(iq, error)
    if (refusal !== undefined) this.#parts.reply(refusal)
  }

  /** Calls what belongs to an extension: what it throws is an error of the client, and the message goes on. */
  #call<T>(where: string, run: () => T): T | undefined {
    const told = (cause: unknown): undefined => {
      this.#parts.emitter.emit('error', new ListenerError(where, cause))
    }
    try {
      const made = run()
      return made instanceof Promise ? (made.catch(told) as T) : made
    } catch (cause) {
      return told(cause)
    }
  }

  /** By the id of the archive, and by what the sender called it. [XEP-0359] */
  #isKnown(stanza: Message, way: Way, from: Jid, own: Jid): boolean {
    const by = stanza.type === 'groupchat' ? from.bare : own.bare
    const sender = stanza.type === 'groupchat' || this.rooms.has(from.bare.toString()) ? from : from.bare
    const given = way.archived ?? stanzaIdBy(stanza.element, by)
    const origin = originId.find(stanza.element)
    const known = given !== undefined && this.#remembers(`${by}\n${given}`)
    const repeated = origin !== undefined && !isBroken(origin) && this.#remembers(`${sender}\n\n${origin.id}`)
    return known || repeated
  }

  #remembers(key: string): boolean {
    if (this.#seen.has(key)) return true
    this.#seen.add(key)
    if (this.#seen.size > remembered) for (const first of this.#seen) return !this.#seen.delete(first)
    return false
  }

  /** A delay is believed of our own server and, in a room, of the room; never one that lies ahead. [XEP-0203 5] */
  #timeOf(stanza: Message, own: Jid): number {
    const now = this.#parts.now()
    for (const child of stanza.element.children) {
      const read = typeof child === 'string' ? undefined : delay.parse(child)
      if (read === undefined || isBroken(read) || read.from === undefined) continue
      const by = read.from.toString()
      const isTrusted =
        by === own.domain ||
        by === own.bare.toString() ||
        (stanza.type === 'groupchat' && read.from.bare.equals(stanza.from!.bare))
      if (isTrusted) return Math.min(read.stamp, now)
    }
    return now
  }
}

/** Goes on until both are done. Neither rejects. */
function both(one: undefined | Promise<undefined>, other: unknown): undefined | Promise<undefined> {
  if (!(other instanceof Promise)) return one
  return one === undefined ? other : one.then(() => other)
}

/** Undefined where there is none, null where it is malformed. */
function readAddress(element: Element, name: 'from' | 'to'): Jid | undefined | null {
  const text = element.attr(name)
  return text === undefined ? undefined : (parseJid(text) ?? null)
}
