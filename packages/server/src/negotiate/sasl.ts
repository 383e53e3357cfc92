/** SASL, the server's side of RFC 6120 section 6, with the channel bindings of XEP-0440. What is checked is in `attempt.ts`. */
import { type Maybe, NS } from '@rookery/protocol'
import { CodecError } from '@rookery/protocol/codec'
import { StreamError } from '@rookery/protocol/stream'
import * as wire from '@rookery/protocol/xeps/sasl'
import type { Element } from '@rookery/protocol/xml'
import { begin, fail, goOn, type Profile } from './attempt.ts'
import { offeredMechanisms, offerMechanisms } from './mechanisms.ts'
import type { Negotiation, ServerStreamFeature } from './negotiation.ts'

export const sasl: ServerStreamFeature = {
  name: 'sasl',
  offer: (n) => {
    const mechanisms = offerMechanisms(n)
    return mechanisms.length === 0 ? undefined : wire.mechanisms.build({ mechanisms })
  },
  takes: (element, n) => element.ns === NS.sasl && n.account === undefined,
  receive(element, n) {
    const profile = profileOf(n)
    switch (element.name) {
      case 'auth':
        return authenticate(element, n, profile)
      case 'response':
        return respond(element, n, profile)
      case 'abort':
        return fail(n, profile, 'aborted') // [RFC6120 6.5.1]
      default:
        n.close(new StreamError('unsupported-stanza-type', `<${element.name}/> is not part of SASL`))
        return undefined
    }
  },
}

/** [XEP-0440 2] */
export const channelBindings: ServerStreamFeature = {
  name: 'sasl-channel-binding',
  offer: (n) => {
    const types = n.account === undefined ? (n.tls?.channelBindings.map((binding) => binding.type) ?? []) : []
    return types.length === 0 ? undefined : wire.channelBindings.build({ types })
  },
  takes: () => false,
  receive: () => undefined,
}

function authenticate(element: Element, n: Negotiation, profile: Profile): Maybe<undefined> {
  const auth = wire.auth.parse(element)
  if (auth instanceof CodecError) return fail(n, profile, 'incorrect-encoding')
  return begin(n, profile, auth?.mechanism ?? '', auth?.data, offeredMechanisms(n))
}

function respond(element: Element, n: Negotiation, profile: Profile): Maybe<undefined> {
  const response = wire.response.parse(element)
  if (response instanceof CodecError) return fail(n, profile, 'incorrect-encoding')
  return goOn(n, profile, response?.data ?? new Uint8Array(0))
}

function profileOf(n: Negotiation): Profile {
  return {
    challenge: (data) => wire.challenge.build({ data }),
    failure: (condition) => wire.failure.build({ condition }),
    succeeded({ local, isAnonymous, data }) {
      n.send(wire.success.build(data === undefined ? {} : { data }))
      n.authenticated(local, isAnonymous, 'restart')
      return undefined
    },
  }
}
