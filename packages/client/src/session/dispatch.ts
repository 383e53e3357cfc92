/**
 * What comes in, read and handed on: requests to who answers them, answers to who asked, messages and presence to the extensions that read
 * them. Everything here comes from the wire, and nothing of it is believed without a look at who sent it.
 */
import type { Maybe } from '@rookery/protocol'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { Iq, iq, iqType, Message, Presence, presenceType, type Stanza, StanzaError } from '@rookery/protocol/stanza'
import type { Element } from '@rookery/protocol/xml'
import { type ClientError, ListenerError } from '../contract/errors.ts'
import { callEach } from '../contract/guard.ts'
import type { Requests } from './requests.ts'

export type Answer = (request: Iq) => Maybe<Element | undefined>

export interface DispatchParts {
  readonly requests: Requests
  /** The address of the session. */
  readonly own: () => Jid | undefined
  readonly reply: (stanza: Stanza) => void
  readonly failed: (error: ClientError) => void
}

type Reader = (stanza: never) => unknown

export class Dispatch {
  readonly #parts: DispatchParts
  readonly #answers: Map<string, Answer> = new Map()
  readonly #readers: Record<'message' | 'presence', Reader[]> = { message: [], presence: [] }

  constructor(parts: DispatchParts) {
    this.#parts = parts
  }

  respond(type: 'get' | 'set', name: string, ns: string, answer: Answer): void {
    this.#answers.set(`${type} ${name} ${ns}`, answer)
  }

  onStanza(kind: 'message' | 'presence', reader: Reader): void {
    this.#readers[kind].push(reader)
  }

  /** A stanza from the stream; a promise while somebody works on it. */
  receive(element: Element): undefined | Promise<undefined> {
    const own = this.#parts.own()
    if (own === undefined) return undefined
    const from = readAddress(element, 'from')
    const to = readAddress(element, 'to')
    if (from === null || to === null) return undefined // an address that is none: nobody can be answered
    if (element.name === 'message') return this.#read(new Message(element, from ?? own.bare, to ?? own))
    if (element.name === 'presence') {
      const type = presenceType(element.attr('type'))
      if (type !== undefined) return this.#read(new Presence(element, from ?? own.bare, to ?? own, type))
    } else if (element.name === 'iq') {
      const type = iqType(element.attr('type'))
      if (type === 'result' || type === 'error') this.#parts.requests.answer(new Iq(element, from, to, type), own)
      else if (type !== undefined) void this.#answer(new Iq(element, from, to, type))
    }
    return undefined
  }

  #read(stanza: Message | Presence): undefined | Promise<undefined> {
    const { kind } = stanza
    return callEach(this.#readers[kind], stanza as never, (cause) => this.#parts.failed(new ListenerError(kind, cause)))
  }

  async #answer(request: Iq): Promise<undefined> {
    const { from, to, id = '', payload } = request
    const answer = payload && this.#answers.get(`${request.type} ${payload.name} ${payload.ns}`)
    let type: 'result' | 'error' = 'result'
    let child: Element | undefined
    try {
      // [RFC6120 8.4] a request that nobody knows is answered as well
      if (answer === undefined) throw new StanzaError('service-unavailable')
      child = await answer(request)
    } catch (cause) {
      const isRefusal = cause instanceof StanzaError
      if (!isRefusal) this.#parts.failed(new ListenerError('request', cause))
      type = 'error'
      child = (isRefusal ? cause : new StanzaError('internal-server-error')).toElement()
    }
    this.#parts.reply(iq(to, from, type, id, child))
  }
}

/** Undefined where there is none, null where it is malformed. */
function readAddress(element: Element, name: 'from' | 'to'): Jid | undefined | null {
  const text = element.attr(name)
  return text === undefined ? undefined : (parseJid(text) ?? null)
}
