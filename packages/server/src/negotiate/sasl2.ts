/**
 * Extensible SASL Profile (XEP-0388 1.0.4), the server's side: a login that brings with it whatever a client does first. The checks of the login
 * itself are those of `attempt.ts`; what is asked for inline is done in `inline.ts`, after the login has succeeded and never before.
 */
import type { Maybe } from '@rookery/protocol'
import { CodecError } from '@rookery/protocol/codec'
import { hashedTokenMechanism, type SaslCondition } from '@rookery/protocol/sasl'
import { StreamError } from '@rookery/protocol/stream'
import * as wire from '@rookery/protocol/xeps/sasl2'
import type { Element } from '@rookery/protocol/xml'
import { begin, fail, goOn, type Profile } from './attempt.ts'
import { Exchange, failureOf } from './exchange.ts'
import { allowsSasl2, offeredMechanisms, tokenMechanismsOf } from './mechanisms.ts'
import type { Negotiation, ServerStreamFeature } from './negotiation.ts'
import { offerSasl2, refuseVersion } from './sasl2-offer.ts'
import { readRequest, type Sasl2Request } from './sasl2-request.ts'

const exchanges = new WeakMap<Negotiation, Exchange>()
/** Streams on which tasks were asked for: there a second try is an error. [XEP-0388 4.9] */
const continued = new WeakSet<Negotiation>()

export const sasl2: ServerStreamFeature = {
  name: 'sasl2',
  offer: offerSasl2,
  takes: (element, n) => element.ns === wire.SASL2_NS && n.account === undefined,
  receive(element, n) {
    const exchange = exchanges.get(n)
    switch (element.name) {
      case 'authenticate':
        return exchange !== undefined || continued.has(n) ? interrupt(n) : authenticate(element, n)
      case 'response':
        return respond(element, n, exchange)
      case 'abort':
        return refuse(n, exchange, 'aborted') // [XEP-0388 4.5]
      case 'next':
      case 'task-data':
        return exchange?.hasTasks === true ? exchange.task(element) : refuse(n, exchange, 'malformed-request')
      default:
        n.close(new StreamError('unsupported-stanza-type', `<${element.name}/> is not part of a login`))
        return undefined
    }
  },
}

/** Stands before all others: while a login is under way nothing else may be sent. [XEP-0388 2.4] */
export const sasl2Guard: ServerStreamFeature = {
  name: 'sasl2-guard',
  offer: () => undefined,
  takes: (element, n) => element.ns !== wire.SASL2_NS && n.account === undefined && exchanges.has(n),
  receive: (_element, n) => interrupt(n),
}

function interrupt(n: Negotiation): undefined {
  exchanges.delete(n)
  n.close(new StreamError('not-authorized', 'nothing else may be sent while a login is under way'))
}

function authenticate(element: Element, n: Negotiation): Maybe<undefined> {
  if (n.from !== undefined && n.from.domain !== n.host.domain) {
    n.close(new StreamError('invalid-from', 'the account is not of this host')) // [XEP-0388 2.1]
    return undefined
  }
  const request = readRequest(element)
  if (typeof request === 'string') return refuse(n, undefined, request)
  const stale = refuseVersion(n, request.version)
  if (stale !== undefined) {
    n.send(stale)
    return undefined
  }
  const exchange = new Exchange(n, request, () => {
    if (exchange.hasTasks) continued.add(n)
    exchanges.delete(n)
  })
  exchanges.set(n, exchange)
  return begin(n, exchange, request.mechanism, request.initial, usable(n, request))
}

function usable(n: Negotiation, { mechanism, fast }: Sasl2Request): readonly string[] {
  if (!allowsSasl2(n)) return []
  if (hashedTokenMechanism(mechanism) === undefined) return offeredMechanisms(n)
  return fast === undefined ? [] : tokenMechanismsOf(n) // [XEP-0484 3.4]
}

function respond(element: Element, n: Negotiation, exchange: Exchange | undefined): Maybe<undefined> {
  if (exchange === undefined || exchange.hasTasks) return refuse(n, exchange, 'malformed-request')
  const response = wire.response.parse(element)
  if (response === undefined || response instanceof CodecError) return refuse(n, exchange, 'incorrect-encoding')
  return goOn(n, exchange, response.data)
}

function refuse(n: Negotiation, exchange: Exchange | undefined, condition: SaslCondition): Maybe<undefined> {
  return fail(n, exchange ?? nobody, condition)
}

/** How a failure is said where nothing is under way. */
const nobody: Profile = {
  challenge: (data) => wire.challenge.build({ data }),
  failure: failureOf,
  succeeded: () => undefined,
}
