/**
 * Requests that the server answers itself, for a host or on behalf of an account: a table by get or set, payload and
 * kind of address. Every request gets exactly one answer. RFC 6120 8.2.3, RFC 6121 8.5.2.1.3.
 */
import { type Maybe, then } from '@rookery/protocol'
import { type Iq, resultOf, StanzaError } from '@rookery/protocol/stanza'
import type { Element } from '@rookery/protocol/xml'
import type { Asks } from './asks.ts'
import type { IqRoute } from './feature.ts'
import type { IqRequest } from './iq-request.ts'
import type { Phases } from './phases.ts'
import type { Log } from './powers.ts'
import type { RosterService } from './services/roster.ts'
import type { Session } from './session.ts'

/** How an answer is sent: an error for a refusal. */
export interface Answers {
  refuse(stanza: Iq, error: StanzaError, origin: Session | undefined): Maybe<undefined>
  reply(stanza: Iq, origin: Session | undefined): Maybe<undefined>
}

const nobodyAnswers = new StanzaError('service-unavailable')

export class IqTable {
  readonly #phases: Phases
  readonly #asks: Asks
  readonly #answers: Answers
  readonly #roster: () => RosterService | undefined
  readonly #log: Log

  constructor(phases: Phases, asks: Asks, answers: Answers, roster: () => RosterService | undefined, log: Log) {
    this.#phases = phases
    this.#asks = asks
    this.#answers = answers
    this.#roster = roster
    this.#log = log
  }

  /** `exists`: whether the account asked exists; its absence must not show. */
  take(iq: Iq, at: 'host' | 'account', origin: Session | undefined, exists = true): Maybe<undefined> {
    if (iq.type === 'result' || iq.type === 'error') {
      this.#asks.answered(iq) // an answer nobody waits for is dropped: never an error to an answer [RFC6120 8.3.1]
      return undefined
    }
    const payload = iq.payload
    const route = this.#phases.route(iq, at)
    if (route === undefined || payload === undefined || iq.from === undefined || iq.to === undefined)
      return this.#answers.refuse(iq, nobodyAnswers, origin) // [RFC6120 8.4]
    const refusal = route.refusal ?? nobodyAnswers
    if (!exists) return this.#answers.refuse(iq, refusal, origin) // [RFC6121 8.5.1]
    const request: IqRequest = { iq, payload, from: iq.from, to: iq.to, session: origin }
    return then(this.#mayAsk(route, request), (may) =>
      may ? this.#answer(route, request) : this.#answers.refuse(iq, refusal, origin),
    )
  }

  #mayAsk(route: IqRoute, request: IqRequest): Maybe<boolean> {
    const { from, to } = request
    switch (route.from ?? (route.at === 'host' ? 'anyone' : 'owner')) {
      case 'anyone':
        return true
      case 'local':
        return from.domain === to.domain
      case 'owner':
        return from.bare.equals(to.bare)
      case 'subscriber':
        return from.bare.equals(to.bare) || (this.#roster()?.isSubscriber(to.local, from) ?? false)
    }
  }

  #answer(route: IqRoute, request: IqRequest): Maybe<undefined> {
    const fault = (error: unknown): Maybe<undefined> => this.#fault(request, error)
    const answer = (given: Element | StanzaError | undefined): Maybe<undefined> =>
      given instanceof StanzaError
        ? this.#answers.refuse(request.iq, given, request.session)
        : this.#answers.reply(resultOf(request.iq, given), request.session)
    try {
      const given = route.handle(request)
      return given instanceof Promise ? given.then(answer, fault) : answer(given)
    } catch (error) {
      return fault(error)
    }
  }

  #fault(request: IqRequest, error: unknown): Maybe<undefined> {
    if (error instanceof StanzaError) return this.#answers.refuse(request.iq, error, request.session)
    this.#log.error({ payload: request.payload.ns, error }, 'a request could not be answered')
    return this.#answers.refuse(request.iq, new StanzaError('internal-server-error'), request.session)
  }
}
