/**
 * What comes in, read and handed on: requests to who answers them, answers to who asked (RFC 6120 section 8.2.3), messages and presence to
 * the extensions that read them. Everything here comes from the wire, and nothing of it is believed without a look at who sent it.
 */
import type { Maybe } from '@rookery/protocol'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import {
  Iq,
  iq,
  iqType,
  Message,
  Presence,
  presenceType,
  readStanzaError,
  type Stanza,
  StanzaError,
} from '@rookery/protocol/stanza'
import { type Element, omitted } from '@rookery/protocol/xml'
import { type ClientError, DisconnectedError, ListenerError, RequestError, TimeoutError } from '../contract/errors.ts'
import { callEach } from '../contract/guard.ts'
import type { Clock } from '../contract/platform.ts'
import { until } from '../contract/until.ts'
import type { RequestOptions } from '../contract/within.ts'

export type Answer = (request: Iq) => Maybe<Element | undefined>

export interface DispatchParts {
  readonly clock: Clock
  /** The address of the session. */
  readonly own: () => Jid | undefined
  readonly reply: (stanza: Stanza) => void
  readonly failed: (error: ClientError) => void
  /** Something of this name was too large to be read. */
  readonly omitted: (name: string) => void
}

/** A request that waits for its answer. */
interface Pending {
  readonly to: Jid | undefined
  readonly resolve: (answer: Element | undefined) => void
  readonly reject: (error: unknown) => void
  readonly explain: RequestOptions['explain']
}

type Reader = (stanza: never) => unknown

export class Dispatch {
  readonly #parts: DispatchParts
  readonly #pending: Map<string, Pending> = new Map()
  readonly #answers: Map<string, Answer> = new Map()
  readonly #readers: Record<'message' | 'presence', Reader[]> = { message: [], presence: [] }

  constructor(parts: DispatchParts) {
    this.#parts = parts
  }

  readonly respond = (type: 'get' | 'set', name: string, ns: string, answer: Answer): void => {
    this.#answers.set(`${type} ${name} ${ns}`, answer)
  }

  readonly onStanza = (kind: 'message' | 'presence', reader: Reader): void => {
    this.#readers[kind].push(reader)
  }

  /** Sends a request by `send`, at once, and resolves with the payload of its result. */
  wait(
    id: string,
    to: Jid | undefined,
    options: RequestOptions & { readonly timeout: number },
    send: () => void,
  ): Promise<Element | undefined> {
    const { timeout, explain } = options
    const late = (): TimeoutError =>
      new TimeoutError(`${to ?? 'The server'} did not answer within ${timeout / 1000} s.`)
    return until(this.#parts.clock, options, late, (resolve, reject) => {
      this.#pending.set(id, { to, resolve, reject, explain })
      send()
      return () => this.#pending.delete(id)
    })
  }

  /** No answer will come to what waits for one. */
  failAll(): void {
    for (const { reject } of [...this.#pending.values()]) reject(new DisconnectedError())
  }

  /** A stanza from the stream; a promise while somebody works on it. */
  receive(element: Element): undefined | Promise<undefined> {
    const own = this.#parts.own()
    const { name, children } = element
    const from = readAddress(element, 'from')
    const to = readAddress(element, 'to')
    // an address that is none: nobody can be answered
    if (own === undefined || from === null || to === null) return undefined
    // anybody can send what is too large; who it was is left out with it
    if (children === omitted) return void this.#parts.omitted(name)
    if (name === 'message') return this.#read(new Message(element, from ?? own.bare, to ?? own))
    if (name === 'presence') {
      const type = presenceType(element.attr('type'))
      if (type !== undefined) return this.#read(new Presence(element, from ?? own.bare, to ?? own, type))
    } else if (name === 'iq') {
      const type = iqType(element.attr('type'))
      if (type === undefined) return undefined
      const iq = new Iq(element, from, to, type)
      if (type === 'result' || type === 'error') this.#answered(iq, own)
      else void this.#answer(iq)
    }
    return undefined
  }

  #read(stanza: Message | Presence): undefined | Promise<undefined> {
    const { kind } = stanza
    return callEach(this.#parts.failed, kind, this.#readers[kind], stanza as never)
  }

  /** Takes a result or an error; nothing happens when nobody waits for it, or it is not from whom was asked. */
  #answered({ id = '', type, from, element, payload }: Iq, own: Jid): void {
    const pending = this.#pending.get(id)
    if (pending === undefined || !isFrom(from, pending.to, own)) return
    if (type !== 'error') pending.resolve(payload)
    else pending.reject(pending.explain?.(element) ?? new RequestError(readStanzaError(element), from?.toString()))
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

/** [RFC6120 10.3.3] what a server does for an account may be answered without an address, by the account, or by the server. */
function isFrom(from: Jid | undefined, asked: Jid | undefined, own: Jid): boolean {
  const isOwn = asked === undefined || asked.equals(own.bare)
  if (from === undefined) return isOwn || `${asked}` === own.domain
  return isOwn ? [own.bare, own, own.domain].some((one) => `${one}` === `${from}`) : from.equals(asked)
}
