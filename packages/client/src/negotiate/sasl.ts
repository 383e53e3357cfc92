/** SASL as RFC 6120 section 6 carries it, for servers without XEP-0388. */
import { NS } from '@rookery/protocol'
import { encodeBase64 } from '@rookery/protocol/sasl'
import { el } from '@rookery/protocol/xml'
import { LoginError } from '../errors.ts'
import { exchange } from './exchange.ts'
import { chooseAttempt, stepOf } from './mechanism.ts'
import type { Step } from './negotiation.ts'
import { listOf, textOf } from './nonzas.ts'

export const login: Step = {
  ready: ({ isAuthenticated, offers }) => !isAuthenticated && offers.child('mechanisms', NS.sasl) !== undefined,
  negotiate: async (negotiation) => {
    const offered = negotiation.offers.child('mechanisms', NS.sasl)
    const attempt = chooseAttempt(negotiation, listOf(offered, 'mechanism', textOf))
    // zero bytes are told from no bytes [RFC6120 6.4.2]
    const data = encodeBase64(await stepOf(attempt.mechanism.start())) || '='
    const outcome = await exchange(negotiation, attempt, el('auth', NS.sasl, { mechanism: attempt.name }, data))
    if (outcome instanceof LoginError) throw outcome
    negotiation.isAuthenticated = true
    return 'restart'
  },
}
