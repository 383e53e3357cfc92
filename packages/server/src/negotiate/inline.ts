/**
 * What a login by XEP-0388 brings with it, once it has succeeded: a session is resumed (XEP-0198), or a resource bound (XEP-0386), and a token
 * handed out (XEP-0484), all in one `<success/>`.
 */
import { type Maybe, then } from '@rookery/protocol'
import { fastToken } from '@rookery/protocol/xeps/fast'
import { success } from '@rookery/protocol/xeps/sasl2'
import type { Element } from '@rookery/protocol/xml'
import type { Token } from '../access/record.ts'
import { type Binding, bind } from './bind2.ts'
import type { Negotiation } from './negotiation.ts'
import type { Sasl2Request } from './sasl2-request.ts'

export interface Outcome {
  /** By which the server knows the client; undefined for one that says no id. */
  readonly client: string | undefined
  /** The mechanism's last word. */
  readonly data: Uint8Array | undefined
  readonly token: Token | undefined
}

/** Resuming comes first, and where it succeeds nothing is bound. [XEP-0386 3.2] */
export function finish(n: Negotiation, request: Sasl2Request, outcome: Outcome): Maybe<undefined> {
  if (request.resume === undefined) return bindAndSay(n, request, outcome, [])
  return then(n.management.resume(request.resume), (resumption) => {
    if (resumption === undefined) return undefined // the stream has ended
    if (!resumption.isResumed) return bindAndSay(n, request, outcome, [resumption.answer])
    say(n, outcome, [resumption.answer], undefined)
    resumption.proceed() // no stream features follow: the stream is what it was [XEP-0198 8.2]
    return undefined
  })
}

function bindAndSay(
  n: Negotiation,
  request: Sasl2Request,
  outcome: Outcome,
  answers: readonly Element[],
): Maybe<undefined> {
  if (request.bind === undefined) {
    say(n, outcome, answers, undefined)
    n.offerFeatures() // [XEP-0388 2.6.1]
    return undefined
  }
  return then(bind(n, request.bind, outcome.client), (binding) => {
    if (binding === undefined) return undefined
    say(n, outcome, [...answers, binding.enable()], binding)
    n.offerFeatures()
    binding.sent()
    return undefined
  })
}

/** A full address if, and only if, a resource was bound. [XEP-0388 2.6.1] */
function say(
  n: Negotiation,
  { data, token }: Outcome,
  answers: readonly Element[],
  binding: Binding | undefined,
): void {
  const others = [...answers]
  if (token !== undefined) others.push(fastToken.build({ token: token.secret, expiry: token.expires }))
  n.send(
    success.build({
      additionalData: data,
      authorizationIdentifier: binding?.session.jid.toString() ?? `${n.account}@${n.host.domain}`,
      others,
    }),
  )
}
