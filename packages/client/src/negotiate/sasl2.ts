/**
 * Login in one round trip: XEP-0388 (SASL2) with the resource (XEP-0386), the session of before or the management of a new one (XEP-0198),
 * and a token (XEP-0484) in the same breath. What is not offered inline is left to the steps that follow.
 */
import { encodeBase64 } from '@rookery/protocol/sasl'
import { BIND2_NS } from '@rookery/protocol/xeps/bind2'
import { FAST_NS } from '@rookery/protocol/xeps/fast'
import { MANAGEMENT_NS } from '@rookery/protocol/xeps/management'
import { SASL2_NS } from '@rookery/protocol/xeps/sasl2'
import { type Element, el } from '@rookery/protocol/xml'
import { LoginError } from '../errors.ts'
import { ownAddress } from './bind.ts'
import { exchange } from './exchange.ts'
import { enable, readEnabled, readResumption, resume } from './manage.ts'
import { type Attempt, chooseAttempt, stepOf, tokenMechanism } from './mechanism.ts'
import type { Negotiation, Next, Step } from './negotiation.ts'
import { listOf, textOf } from './nonzas.ts'

export const login2: Step = {
  ready: ({ isAuthenticated, offers }) => !isAuthenticated && offers.child('authentication', SASL2_NS) !== undefined,
  negotiate: async (negotiation) => {
    const { memory, password, agent, options } = negotiation
    const offered = negotiation.offers.child('authentication', SASL2_NS)!
    const inline = offered.child('inline')
    const tokens = listOf(inline?.child('fast', FAST_NS), 'mechanism', textOf)
    for (;;) {
      const attempt = chooseAttempt(negotiation, listOf(offered, 'mechanism', textOf), tokens)
      const isToken = attempt.name === memory.token?.mechanism
      const first = el('authenticate', SASL2_NS, { mechanism: attempt.name }, [
        el('initial-response', SASL2_NS, {}, encodeBase64(await stepOf(attempt.mechanism.start()))),
        el('user-agent', SASL2_NS, { id: agent }, [
          el('software', SASL2_NS, {}, options.software ?? 'Rookery'),
          options.device === undefined ? undefined : el('device', SASL2_NS, {}, options.device),
        ]),
        ...wishes(negotiation, inline, tokens, isToken),
      ])
      const outcome = await exchange(negotiation, attempt, first)
      if (!(outcome instanceof LoginError)) return established(negotiation, outcome, attempt)
      if (isToken && outcome.condition !== 'temporary-auth-failure') memory.token = undefined
      if (!isToken || password === undefined) throw outcome
      memory.token = undefined // the token is no good any more: the password is, on the same stream [XEP-0388 2.6.2]
    }
  },
}

function established(negotiation: Negotiation, success: Element, attempt: Attempt): Next {
  const { account, memory } = negotiation
  negotiation.isAuthenticated = true
  const token = success.child('token', FAST_NS)?.attr('token')
  const mechanism = attempt.name.startsWith('HT-') ? attempt.name : negotiation.askedToken
  if (token && mechanism !== undefined) memory.token = { token, mechanism }
  const bound = success.child('bound', BIND2_NS)
  if (bound !== undefined) {
    negotiation.jid = ownAddress(success.childText('authorization-identifier'), account)
    negotiation.enabled = readEnabled(bound.child('enabled', MANAGEMENT_NS))
    negotiation.turnedOn = negotiation.inlined?.map(({ ns }) => ns)
  }
  negotiation.resumption = readResumption(
    success.child('resumed', MANAGEMENT_NS) ?? success.child('failed', MANAGEMENT_NS),
    negotiation,
  )
  // features follow, but for a session that goes on [XEP-0388 2.6.2, XEP-0198 8.2]
  return negotiation.resumption?.kind === 'resumed' ? 'done' : 'features'
}

/** What is asked for with the login. */
function wishes(
  negotiation: Negotiation,
  inline: Element | undefined,
  tokens: readonly string[],
  isToken: boolean,
): Element[] {
  const { options, resumable } = negotiation
  const wished: Element[] = []
  if (resumable !== undefined && inline?.child('sm', MANAGEMENT_NS) !== undefined) wished.push(resume(resumable))
  const bind = negotiation.bindsInline ? inline?.child('bind', BIND2_NS) : undefined
  if (bind !== undefined) {
    const offered = listOf(bind.child('inline'), 'feature', (feature) => feature.attr('var') ?? '')
    negotiation.inlined = negotiation.inline.filter(({ ns }) => offered.includes(ns))
    wished.push(
      el('bind', BIND2_NS, {}, [
        el('tag', BIND2_NS, {}, options.software ?? 'Rookery'),
        ...negotiation.inlined,
        offered.includes(MANAGEMENT_NS) ? enable : undefined,
      ]),
    )
  }
  if (isToken) wished.push(el('fast', FAST_NS))
  else {
    const mechanism = tokenMechanism(negotiation, tokens)
    negotiation.askedToken = mechanism
    if (mechanism !== undefined) wished.push(el('request-token', FAST_NS, { mechanism }))
  }
  return wished
}
