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
import type { Negotiation, Token } from './negotiation.ts'
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
  const { connection, credentials, memory, crypto } = negotiation
  const { transport } = connection
  const listed = negotiation.offers.child('sasl-channel-binding', CHANNEL_BINDING_NS)
  const offeredBindings = listOf(listed, 'channel-binding', (one) => one.attr('type') ?? '')
  const bindsNothing = offeredBindings.length === 0 && !offered.some((name) => name.endsWith('-PLUS'))
  const offers = {
    channelBindings: transport.isOftenProxied === true && bindsNothing ? [] : transport.channelBindings,
    offered,
    offeredBindings,
  }
  const token = usableToken(memory.token, tokens)
  const { password, local } = credentials
  if (token === undefined && password === undefined && local !== '' && !transport.hasCertificate)
    throw new LoginError('no-credentials', 'There is no password to log in with, and no token that is still good.')
  const choice =
    token !== undefined
      ? { kind: 'chosen' as const, name: token.mechanism }
      : chooseMechanism({
          ...offers,
          external: transport.hasCertificate,
          password: password !== undefined,
          plain: (transport.isSecure || negotiation.plaintext) && !memory.scramWorked,
          anonymous: local === '',
        })
  if (choice.kind === 'failure') throw gaveUp(choice)
  const mechanism = createClientMechanism(choice.name, {
    ...offers,
    crypto,
    username: local,
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { token: token.token }),
    ...(transport.tlsVersion === undefined ? {} : { tlsVersion: transport.tlsVersion }),
    prepareUsername,
    prepareOpaque,
  })!
  return { name: choice.name, mechanism }
}

function usableToken(token: Token | undefined, offered: readonly string[]): Token | undefined {
  // whether it has expired is for the server to say: our clock may be wrong
  return token !== undefined && offered.includes(token.mechanism) ? token : undefined
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
  const reason =
    problem === 'no-mechanism' || problem === 'bad-username' || problem === 'bad-password'
      ? 'no-mechanism'
      : 'not-verified'
  const advice =
    reason === 'not-verified'
      ? ' Somebody may be between you and the server: do not enter the password again here.'
      : ''
  return new LoginError(reason, `The login was given up: ${text}.${advice}`)
}

export function refused(condition: SaslCondition, text: string | undefined, { credentials }: Negotiation): LoginError {
  const who = `${credentials.local}@${credentials.domain}`
  const said = text === undefined ? '' : ` It says: ${text}`
  return new LoginError(
    'refused',
    `The server refused the login of ${who}: ${condition}. ${advice(condition)}${said}`,
    condition,
  )
}

function advice(condition: SaslCondition): string {
  switch (condition) {
    case 'not-authorized':
      return 'Check the name and the password.'
    case 'temporary-auth-failure':
      return 'It will work later.'
    case 'credentials-expired':
      return 'Log in with the password, or set a new one.'
    default:
      return 'Ask whoever runs the server.'
  }
}
