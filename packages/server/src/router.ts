/** Where a stanza goes, by the kind of its address: host, account, remote domain. Addressing only. RFC 6120 section 10. */
import type { Maybe } from '@rookery/protocol'
import { errorOf, type Message, type Stanza, StanzaError } from '@rookery/protocol/stanza'
import type { Session } from './session.ts'

/** A message half way through its destination: nothing of it has been seen yet. */
export interface Arrival {
  /** A promise until it is durable there; rejects when it could not be kept. */
  readonly durable: Maybe<unknown>
  /**
   * Goes on with it, once it is durable everywhere it has to be. `settled`: what `durable` resolved with, if it was a promise. Either this or
   * `abandon` has to be called: others may wait behind it.
   */
  proceed(settled: unknown): Maybe<undefined>
  /** It could not be kept, and goes no further. */
  abandon(): void
}

/** The way of a message that waits for nothing. */
export function arrivalOf(proceed: () => Maybe<undefined>): Arrival {
  return { durable: undefined, proceed, abandon: () => undefined }
}

/** Something that serves a domain: a host of ours; later components and other servers. */
export interface Destination {
  take(stanza: Stanza, origin: Session | undefined): Maybe<undefined>
  /** `take` in two halves, for a message whose sender's side has to become durable as well. */
  begin(message: Message, origin: Session | undefined): Maybe<Arrival>
  /** A session of it is told that its message was not taken, without a way through the corridor: others may want to know. */
  refused?(error: Message, session: Session): void
}

const noSuchServer = new StanzaError('remote-server-not-found', { text: 'This server does not reach other servers.' })

export class Router {
  readonly #destinations = new Map<string, Destination>()

  add(domain: string, destination: Destination): void {
    if (this.#destinations.has(domain)) throw new TypeError(`${domain} is served already`)
    this.#destinations.set(domain, destination)
  }

  remove(domain: string): void {
    this.#destinations.delete(domain)
  }

  route(stanza: Stanza, origin: Session | undefined): Maybe<undefined> {
    if (stanza.to === undefined) return undefined
    const destination = this.#destinations.get(stanza.to.domain)
    if (destination === undefined) return this.refuse(stanza, noSuchServer, origin) // [RFC6120 10.4]
    return destination.take(stanza, origin)
  }

  /** Like `route`, in two halves. */
  begin(message: Message, origin: Session | undefined): Maybe<Arrival> {
    const destination = message.to === undefined ? undefined : this.#destinations.get(message.to.domain)
    if (destination !== undefined) return destination.begin(message, origin)
    return arrivalOf(() => this.route(message, origin))
  }

  /** Tells the sender that the stanza was not taken; says nothing where an error may not be answered. [RFC6120 8.3.1] */
  refuse(stanza: Stanza, error: StanzaError, origin: Session | undefined): Maybe<undefined> {
    const answer = errorOf(stanza, error)
    return answer === undefined ? undefined : this.reply(answer, origin)
  }

  /** Takes an answer straight to the session that asked, else along the usual way. */
  reply(answer: Stanza, origin: Session | undefined): Maybe<undefined> {
    if (origin === undefined) return this.route(answer, undefined)
    if (origin.isEnded) return undefined
    if (answer.kind === 'message') this.#destinations.get(origin.jid.domain)?.refused?.(answer, origin)
    origin.send(answer)
    return undefined
  }
}
