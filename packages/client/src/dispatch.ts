/**
 * What comes in, read and handed on: requests to who answers them, answers to who asked, messages and presence to the extensions that read
 * them. Everything here comes from the wire, and nothing of it is believed without a look at who sent it.
 */
import type { Maybe } from '@rookery/protocol'
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
import type { Element } from '@rookery/protocol/xml'
import { guard } from './contract/guard.ts'
import { type ClientError, ListenerError } from './errors.ts'
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
      if (type !== undefined) this.#iq(new Iq(element, from, to, type), own)
    }
    return undefined
  }

  #read(stanza: Message | Presence): undefined | Promise<undefined> {
    let working: Promise<unknown>[] | undefined
    for (const reader of this.#readers[stanza.kind]) {
      const work = guard(this.#parts.failed, stanza.kind, () => reader(stanza as never))
      if (work instanceof Promise) (working ??= []).push(work)
    }
    return working === undefined ? undefined : Promise.all(working).then(() => undefined)
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
    this.#parts.failed(new ListenerError('request', cause))
  }

  #refuse(iq: Iq, error: StanzaError): void {
    const refusal = errorOf(iq, error)
    if (refusal !== undefined) this.#parts.reply(refusal)
  }
}

/** Undefined where there is none, null where it is malformed. */
function readAddress(element: Element, name: 'from' | 'to'): Jid | undefined | null {
  const text = element.attr(name)
  return text === undefined ? undefined : (parseJid(text) ?? null)
}
