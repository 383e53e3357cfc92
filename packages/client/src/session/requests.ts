/** Requests that wait for their answers (RFC 6120 section 8.2.3), matched by id and by who was asked. */
import type { Jid } from '@rookery/protocol/jid'
import { type Iq, readStanzaError } from '@rookery/protocol/stanza'
import type { Element } from '@rookery/protocol/xml'
import { type ClientError, RequestError, TimeoutError } from '../contract/errors.ts'
import type { Clock } from '../contract/platform.ts'
import { until } from '../contract/until.ts'

export interface RequestOptions {
  /** Whom to ask; the own account unless told. */
  readonly to?: Jid | string | undefined
  readonly signal?: AbortSignal | undefined
  /** Milliseconds to wait for the answer; 30,000 unless told. */
  readonly timeout?: number | undefined
}

interface Pending {
  readonly to: Jid | undefined
  readonly resolve: (answer: Element | undefined) => void
  readonly reject: (error: unknown) => void
}

export class Requests {
  readonly #pending: Map<string, Pending> = new Map()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves with the payload of the result. `send` is called at once. */
  wait(
    id: string,
    to: Jid | undefined,
    { signal, timeout = 30_000 }: RequestOptions,
    send: () => void,
  ): Promise<Element | undefined> {
    const late = (): TimeoutError =>
      new TimeoutError(`${to ?? 'The server'} did not answer within ${timeout / 1000} s.`)
    return until(this.#clock, { signal, timeout }, late, (resolve, reject) => {
      this.#pending.set(id, { to, resolve, reject })
      send()
      return () => this.#pending.delete(id)
    })
  }

  /** Takes a result or an error; nothing happens when nobody waits for it, or it is not from whom was asked. */
  answer(iq: Iq, own: Jid): void {
    const pending = this.#pending.get(iq.id ?? '')
    if (pending === undefined || !isFrom(iq.from, pending.to, own)) return
    if (iq.type === 'error') pending.reject(new RequestError(readStanzaError(iq.element), iq.from?.toString()))
    else pending.resolve(iq.payload)
  }

  /** No answer will come. */
  failAll(error: ClientError): void {
    for (const { reject } of [...this.#pending.values()]) reject(error)
  }
}

/** [RFC6120 10.3.3] what a server does for an account may be answered without an address, by the account, or by the server. */
function isFrom(from: Jid | undefined, asked: Jid | undefined, own: Jid): boolean {
  const isOwn = asked === undefined || asked.equals(own.bare)
  if (from === undefined) return isOwn || asked.toString() === own.domain
  return isOwn ? [own.bare, own, own.domain].some((one) => `${one}` === `${from}`) : from.equals(asked)
}
