/** SASL as RFC 6120 section 6 carries it, for servers without XEP-0388. */
import { NS } from '@rookery/protocol'
import { isBroken } from '@rookery/protocol/codec'
import { abort, auth, challenge, failure, mechanisms, response, success } from '@rookery/protocol/xeps/sasl'
import { ConnectError, LoginError } from '../errors.ts'
import { chooseAttempt, refused, stepOf, verify } from './mechanism.ts'
import type { Step } from './negotiation.ts'

export const login: Step = {
  name: 'sasl',
  ready: ({ isAuthenticated, offers }) => !isAuthenticated && offers.child('mechanisms', NS.sasl) !== undefined,
  negotiate: async (negotiation) => {
    const { connection } = negotiation
    const offered = mechanisms.find(negotiation.offers)
    const attempt = chooseAttempt(negotiation, offered === undefined || isBroken(offered) ? [] : offered.mechanisms)
    connection.send(auth.build({ mechanism: attempt.name, data: await stepOf(attempt.mechanism.start()) }))
    for (;;) {
      const answer = await connection.nextElement()
      const asked = challenge.parse(answer)
      const done = success.parse(answer)
      const no = failure.parse(answer)
      try {
        if (asked !== undefined && !isBroken(asked)) {
          connection.send(response.build({ data: await stepOf(attempt.mechanism.respond(asked.data)) }))
          continue
        }
        if (done !== undefined && !isBroken(done)) {
          await verify(attempt, done.data, negotiation)
          negotiation.isAuthenticated = true
          return 'restart'
        }
      } catch (error) {
        if (error instanceof LoginError && asked !== undefined) connection.send(abort.build({}))
        throw error
      }
      if (no === undefined || isBroken(no)) throw new ConnectError('bad-answer', 'The server breaks the rules of SASL.')
      throw refused(no.condition, no.text?.content, negotiation)
    }
  },
}
