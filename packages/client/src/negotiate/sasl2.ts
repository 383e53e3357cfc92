/**
 * Login in one round trip: XEP-0388 (SASL2) with the resource (XEP-0386), the session of before or the management of a new one (XEP-0198),
 * and a token (XEP-0484) in the same breath. What is not offered inline is left to the steps that follow.
 */
import { isBroken } from '@rookery/protocol/codec'
import { parseJid } from '@rookery/protocol/jid'
import { BIND2_NS, bind2Offer, bind2Request, bound } from '@rookery/protocol/xeps/bind2'
import { FAST_NS, fastLogin, fastOffer, fastToken, requestToken } from '@rookery/protocol/xeps/fast'
import { enable, MANAGEMENT_NS, resume } from '@rookery/protocol/xeps/management'
import {
  abort,
  authenticate,
  authentication,
  challenge,
  failure,
  response,
  SASL2_NS,
  type Sasl2Success,
  success,
} from '@rookery/protocol/xeps/sasl2'
import type { Element } from '@rookery/protocol/xml'
import { ConnectError, LoginError } from '../errors.ts'
import { readEnabled, readResumption } from './manage.ts'
import { type Attempt, chooseAttempt, refused, stepOf, tokenMechanism, verify } from './mechanism.ts'
import type { Negotiation, Next, Step } from './negotiation.ts'

interface Inline {
  readonly tokens: readonly string[]
  /** What binding can turn on; undefined where binding is not offered. */
  readonly bind: readonly string[] | undefined
  readonly resumes: boolean
}

export const login2: Step = {
  name: 'sasl2',
  ready: ({ isAuthenticated, offers }) => !isAuthenticated && authentication.find(offers) !== undefined,
  negotiate: async (negotiation) => {
    const { connection, memory, credentials } = negotiation
    const offered = authentication.find(negotiation.offers)
    if (offered === undefined || isBroken(offered)) throw broken()
    const inline = readInline(offered.inline ?? [])
    for (;;) {
      const attempt = chooseAttempt(negotiation, offered.mechanisms, inline.tokens)
      const isToken = attempt.name === memory.token?.mechanism
      const { agent, software, device } = credentials
      connection.send(
        authenticate.build({
          mechanism: attempt.name,
          initialResponse: await stepOf(attempt.mechanism.start()),
          userAgent: { id: agent, software, device },
          others: wishes(negotiation, inline, isToken),
        }),
      )
      const outcome = await exchange(negotiation, attempt)
      if (!(outcome instanceof LoginError)) return established(negotiation, outcome, attempt)
      if (!isToken || credentials.password === undefined) {
        if (isToken && outcome.condition !== 'temporary-auth-failure') memory.token = undefined
        throw outcome
      }
      memory.token = undefined // the token is no good any more: the password is, on the same stream [XEP-0388 2.6.2]
    }
  },
}

/** Challenges and responses, until the server says how it ended. */
async function exchange(negotiation: Negotiation, attempt: Attempt): Promise<Sasl2Success | LoginError> {
  const { connection } = negotiation
  for (;;) {
    const answer = await connection.nextElement()
    const asked = challenge.parse(answer)
    const done = success.parse(answer)
    const no = failure.parse(answer)
    if (asked !== undefined && !isBroken(asked)) {
      try {
        connection.send(response.build({ data: await stepOf(attempt.mechanism.respond(asked.data)) }))
      } catch (error) {
        connection.send(abort.build({ others: [] }))
        throw error
      }
    } else if (done !== undefined && !isBroken(done)) {
      await verify(attempt, done.additionalData, negotiation)
      return done
    } else if (no !== undefined && !isBroken(no)) return refused(no.condition, no.text, negotiation)
    else throw broken()
  }
}

function established(
  negotiation: Negotiation,
  { authorizationIdentifier, others }: Sasl2Success,
  attempt: Attempt,
): Next {
  const { memory } = negotiation
  negotiation.isAuthenticated = true
  for (const one of others) {
    const token = fastToken.parse(one)
    const isBound = bound.parse(one)
    negotiation.resumption ??= readResumption(one)
    if (token !== undefined && !isBroken(token)) {
      const mechanism = attempt.name.startsWith('HT-') ? attempt.name : negotiation.askedToken
      if (mechanism !== undefined) memory.token = { token: token.token, expiry: token.expiry, mechanism }
    }
    if (isBound !== undefined && !isBroken(isBound)) {
      negotiation.jid = parseJid(authorizationIdentifier)
      if (negotiation.jid?.isFull !== true) throw broken()
      for (const more of isBound.others) negotiation.enabled ??= readEnabled(more)
      negotiation.turnedOn = negotiation.inlined.map(({ ns }) => ns)
    }
  }
  // features follow, but for a session that goes on [XEP-0388 2.6.2, XEP-0198 8.2]
  return negotiation.resumption?.kind === 'resumed' ? 'done' : 'features'
}

/** What is asked for with the login. */
function wishes(negotiation: Negotiation, { bind, tokens, resumes }: Inline, isToken: boolean): Element[] {
  const { credentials, inline, resumable, memory } = negotiation
  const wished: Element[] = []
  if (resumes && resumable !== undefined)
    wished.push(resume.build({ previd: resumable.id, h: resumable.handled % 4_294_967_296 }))
  if (bind !== undefined) {
    const others = inline.filter(({ ns }) => bind.includes(ns))
    negotiation.inlined = others
    if (bind.includes(MANAGEMENT_NS))
      wished.push(
        bind2Request.build({ tag: credentials.software, others: [...others, enable.build({ resume: true })] }),
      )
    else wished.push(bind2Request.build({ tag: credentials.software, others }))
  }
  if (isToken) wished.push(fastLogin.build({}))
  else if (memory.token === undefined) {
    const mechanism = tokenMechanism(negotiation, tokens)
    negotiation.askedToken = mechanism
    if (mechanism !== undefined) wished.push(requestToken.build({ mechanism }))
  }
  return wished
}

function readInline(offers: readonly Element[]): Inline {
  const find = (name: string, ns: string): Element | undefined => offers.find((one) => one.is(name, ns))
  const fast = find('fast', FAST_NS)
  const bind = find('bind', BIND2_NS)
  const tokens = fast && fastOffer.parse(fast)
  const features = bind && bind2Offer.parse(bind)
  return {
    tokens: tokens === undefined || isBroken(tokens) ? [] : tokens.mechanisms,
    bind: features === undefined || isBroken(features) ? undefined : (features.features ?? []),
    resumes: find('sm', MANAGEMENT_NS) !== undefined,
  }
}

function broken(): ConnectError {
  return new ConnectError('bad-answer', `The server breaks the rules of ${SASL2_NS}.`)
}
