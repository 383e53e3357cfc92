/** Which SASL mechanism a login uses, and what its outcome means to a person. Both profiles of SASL (RFC 6120 6, XEP-0388) share it. */
import type { Maybe } from '@rookery/protocol'
import { prepareOpaque, prepareUsername } from '@rookery/protocol/precis'
import {
  chooseMechanism,
  createClientMechanism,
  hashedTokenMechanism,
  hashedTokenNames,
  type SaslClientFailure,
  type SaslClientMechanism,
  type SaslClientStep,
  type SaslCondition,
  scramMechanism,
} from '@rookery/protocol/sasl'
import { CHANNEL_BINDING_NS } from '@rookery/protocol/xeps/sasl'
import { LoginError } from '../errors.ts'
import type { Negotiation } from './negotiation.ts'
import { listOf } from './nonzas.ts'

export interface Attempt {
  readonly name: string
  readonly mechanism: SaslClientMechanism
}

/** `tokens`: the mechanisms that a token may be proved with. */
export function chooseAttempt(
  negotiation: Negotiation,
  offered: readonly string[],
  tokens: readonly string[] = [],
): Attempt {
  const { connection, account, password, options, memory, crypto } = negotiation
  const { transport } = connection
  const listed = negotiation.offers.child('sasl-channel-binding', CHANNEL_BINDING_NS)
  const offeredBindings = listOf(listed, 'channel-binding', (one) => one.attr('type') ?? '')
  const bindsNothing = offeredBindings.length === 0 && !offered.some((name) => name.endsWith('-PLUS'))
  const offers = {
    channelBindings: transport.isOftenProxied === true && bindsNothing ? [] : transport.channelBindings,
    offered,
    offeredBindings,
  }
  const { local } = account
  // whether it has expired is for the server to say: our clock may be wrong
  const token = memory.token && tokens.includes(memory.token.mechanism) ? memory.token : undefined
  if (token === undefined && password === undefined && local !== '' && !transport.hasCertificate)
    throw new LoginError('no-credentials', 'There is no password, and no good token.')
  const choice =
    token !== undefined
      ? { kind: 'chosen' as const, name: token.mechanism }
      : chooseMechanism({
          ...offers,
          external: transport.hasCertificate,
          password: password !== undefined,
          plain: (transport.isSecure || options.plaintext === true) && !memory.scramWorked,
          anonymous: local === '',
        })
  if (choice.kind === 'failure') throw gaveUp(choice)
  const mechanism = createClientMechanism(choice.name, {
    ...offers,
    crypto,
    username: local,
    password,
    token: token?.token,
    tlsVersion: transport.tlsVersion,
    prepareUsername,
    prepareOpaque,
  })!
  return { name: choice.name, mechanism }
}

/** The mechanism to ask a token for: the best that this connection could prove. [XEP-0484 3.2] */
export function tokenMechanism({ connection }: Negotiation, offered: readonly string[]): string | undefined {
  const types = connection.transport.channelBindings.map(({ type }) => type)
  return hashedTokenNames.find((name) => {
    const { binding } = hashedTokenMechanism(name)!
    return offered.includes(name) && (binding === undefined || types.includes(binding))
  })
}

export async function stepOf(step: Maybe<SaslClientStep>): Promise<Uint8Array> {
  const made = await step
  if (made.kind === 'failure') throw gaveUp(made)
  return made.kind === 'response' ? made.data : new Uint8Array(0)
}

/** The server says that it is done: only the mechanism knows whether that is true. */
export async function verify(
  attempt: Attempt,
  data: Uint8Array | undefined,
  { memory }: Negotiation,
): Promise<undefined> {
  const outcome = await attempt.mechanism.finish(data)
  if (outcome.kind === 'failure') throw gaveUp(outcome)
  if (scramMechanism(attempt.name) !== undefined) memory.scramWorked = true
}

/** We gave up, before or although the server did not. */
function gaveUp({ problem, text }: SaslClientFailure): LoginError {
  const reason = problem === 'no-mechanism' ? problem : problem.startsWith('bad-') ? 'no-credentials' : 'not-verified'
  const advice = reason === 'not-verified' ? ' Somebody may be between you and the server.' : ''
  return new LoginError(reason, `The login was given up: ${text}.${advice}`)
}

export function refused(condition: SaslCondition, text: string | undefined, { account }: Negotiation): LoginError {
  const advice =
    condition === 'not-authorized'
      ? 'Check the name and the password.'
      : condition === 'temporary-auth-failure'
        ? 'Try again later.'
        : 'Ask whoever runs the server.'
  const said = text === undefined ? '' : ` (${text})`
  return new LoginError('refused', `The server refused ${account.bare}: ${condition}${said}. ${advice}`, condition)
}
