/** The login: by SASL as RFC 6120 section 6 carries it, or by XEP-0388 (SASL2), which asks for more in the same breath. */
import * as NS from '@rookery/protocol/namespaces'
import { prepareOpaque, prepareUsername } from '@rookery/protocol/precis'
import { authenticate, chooseMechanism, SaslProblemError, unboundTokenNames } from '@rookery/protocol/sasl'
import { CHANNEL_BINDING_NS, FAST_NS, SASL2_NS } from '@rookery/protocol/xeps/names'
import { el } from '@rookery/protocol/xml'
import { ConnectError, LoginError } from '../contract/errors.ts'
import { exchange } from './exchange.ts'
import type { Negotiation } from './negotiation.ts'
import { listOf, textOf } from './nonzas.ts'
import { askInline, takeInline } from './sasl2.ts'

/** Whether a new stream is to be opened now; otherwise features come by themselves. Throws a LoginError, a ConnectError. */
export async function login(negotiation: Negotiation): Promise<boolean> {
  const { connection, offers, account, password, memory, options, crypto } = negotiation
  const { channel, isSecure } = connection.transport
  const inline = offers.child('authentication', SASL2_NS)
  const offer = inline ?? offers.child('mechanisms', NS.sasl)
  if (!offer) throw new ConnectError('bad-answer', 'The server offers no login.')
  // a token is for an installation that has a name [XEP-0484 3.1]
  const fast = negotiation.agent ? inline?.child('inline')?.child('fast', FAST_NS) : undefined
  const listed = listOf(fast, 'mechanism', textOf)
  const tokens = [...(channel?.tokenMechanisms ?? []), ...unboundTokenNames].filter((name) => listed.includes(name))
  // whether it has expired is for the server to say: our clock may be wrong
  const token = memory.token && tokens.includes(memory.token.mechanism) ? memory.token : undefined
  if (token === undefined && password === undefined && account.local !== '' && !channel?.hasCertificate)
    throw new LoginError('no-credentials', 'There is no password, and no token.')
  const bindings = offers.child('sasl-channel-binding', CHANNEL_BINDING_NS)
  const means = {
    channel,
    offered: listOf(offer, 'mechanism', textOf),
    isSasl2: inline !== undefined,
    offeredBindings: listOf(bindings, 'channel-binding', (one) => one.attr('type') ?? ''),
    crypto,
    username: account.local,
    token: token?.token,
    prepareUsername,
    prepareOpaque,
  }
  try {
    const mechanism =
      token?.mechanism ??
      chooseMechanism({
        ...means,
        password: password !== undefined,
        plain: (isSecure || options.plaintext === true) && !memory.scramWorked,
        anonymous: account.local === '',
      })
    const success = await exchange(
      negotiation,
      offer.ns,
      (data) =>
        inline
          ? el('authenticate', SASL2_NS, { mechanism }, [
              el('initial-response', SASL2_NS, {}, data),
              ...askInline(negotiation, inline.child('inline'), token !== undefined, tokens[0]),
            ])
          : el('auth', NS.sasl, { mechanism }, data || '='), // zero bytes are told from no bytes [RFC6120 6.4.2]
      (say) => authenticate(mechanism, { ...means, password }, say),
    )
    if (/^SCRAM|EXTERNAL/.test(mechanism)) memory.scramWorked = true // [XEP-0474 7]
    if (inline) takeInline(negotiation, success, token?.mechanism ?? tokens[0])
    return !inline
  } catch (error) {
    if (error instanceof SaslProblemError) throw gaveUp(error)
    if (token === undefined || !(error instanceof LoginError) || error.condition === undefined) throw error
    if (password !== undefined || error.condition !== 'temporary-auth-failure') memory.token = undefined
    if (password === undefined) throw error
    return login(negotiation) // with the password, on the same stream [XEP-0388 2.6.2]
  }
}

/** We gave up, before or although the server did not. */
function gaveUp({ problem, message }: SaslProblemError): LoginError {
  const reason = problem === 'no-mechanism' ? problem : problem.startsWith('bad-') ? 'no-credentials' : 'not-verified'
  return new LoginError(reason, `The login was given up: ${message}.`)
}
