/**
 * One try to log in, under whatever version of SASL carries it: which mechanism may be used, what is checked when it has succeeded, what counts as
 * a failure. Mechanisms are in protocol/sasl; how things are said, and what comes after a success, belongs to `sasl.ts` and `sasl2.ts`.
 */
import { type Maybe, then } from '@rookery/protocol'
import { prepareOpaque, prepareUsername } from '@rookery/protocol/precis'
import {
  createServerMechanism,
  type SaslCondition,
  type SaslServerContext,
  type SaslServerMechanism,
  type SaslStep,
  type SaslSuccess,
  type StoredToken,
} from '@rookery/protocol/sasl'
import { StreamError } from '@rookery/protocol/stream'
import type { Element } from '@rookery/protocol/xml'
import { OverloadedError } from '../crypto.ts'
import type { TlsState } from '../transport.ts'
import type { Negotiation } from './negotiation.ts'

/** A mechanism has succeeded. */
export interface Login {
  readonly local: string
  readonly isAnonymous: boolean
  readonly mechanism: string
  /** Additional data with success. */
  readonly data: Uint8Array | undefined
  /** As which the client asked to log in, if it did. */
  readonly authzid: string | undefined
  /** The token that was proved. */
  readonly token: string | undefined
  /** A password that was changed since proves nothing. [S46] */
  readonly isOutdated: () => boolean
}

/** What differs between the versions of SASL. */
export interface Profile {
  challenge(data: Uint8Array): Element
  failure(condition: SaslCondition): Element
  tokens?(local: string, mechanism: string): Maybe<readonly StoredToken[]>
  /** A reason to refuse a login that the mechanism has nothing against. */
  check?(login: Login): Maybe<SaslCondition | undefined>
  /** Says so, and goes on. */
  succeeded(login: Login): Maybe<undefined>
}

/** An attempt under way; there is at most one on a stream. */
interface Attempt {
  readonly name: string
  readonly profile: Profile
  readonly mechanism: SaslServerMechanism
  /** What began in the clear does not go on under TLS. [RFC6120 5.4.3.3, S35] */
  readonly tls: TlsState | undefined
  readonly keys: KeysRead
}

/** The era of the account when its keys were read. */
interface KeysRead {
  era: number | undefined
}

const attempts = new WeakMap<Negotiation, Attempt>()

/** `names`: what was offered for it. */
export function begin(
  n: Negotiation,
  profile: Profile,
  name: string,
  initial: Uint8Array | undefined,
  names: readonly string[],
): Maybe<undefined> {
  if (!names.includes(name)) {
    const needsTls = n.tls === undefined && n.canStartTls && (n.config.tls.required || name === 'PLAIN')
    return fail(n, profile, needsTls ? 'encryption-required' : 'invalid-mechanism') // [RFC6120 6.5.4, 6.5.7, S41]
  }
  const keys: KeysRead = { era: undefined }
  const mechanism = createServerMechanism(name, contextOf(n, profile, names, keys))
  if (mechanism === undefined) return fail(n, profile, 'invalid-mechanism')
  const attempt = { name, profile, mechanism, tls: n.tls, keys }
  attempts.set(n, attempt)
  return step(n, attempt, () => mechanism.start(initial))
}

/** A response, to whichever profile the challenge belonged. */
export function goOn(n: Negotiation, profile: Profile, data: Uint8Array): Maybe<undefined> {
  const attempt = attempts.get(n)
  if (attempt === undefined || attempt.tls !== n.tls) return fail(n, profile, 'malformed-request')
  return step(n, attempt, () => attempt.mechanism.respond(data))
}

export function fail(n: Negotiation, profile: Profile, condition: SaslCondition, mechanism?: string): Maybe<undefined> {
  attempts.delete(n)
  n.send(profile.failure(condition))
  if (mechanism !== undefined)
    n.log.info({ event: 'login-failed', mechanism, condition, address: n.remoteAddress }, 'login failed')
  // nobody's failure but ours [S30]; and whoever shows what was once good has guessed nothing
  if (condition === 'temporary-auth-failure' || condition === 'credentials-expired') return undefined
  if (n.failedLogin()) n.close(new StreamError('policy-violation', 'too many failed logins')) // [RFC6120 6.4.5, S29]
  return undefined
}

function contextOf(n: Negotiation, profile: Profile, names: readonly string[], keys: KeysRead): SaslServerContext {
  const { accounts, domain } = n.host
  const identities = n.tls?.peerAddresses.flatMap((address) => {
    const at = address.lastIndexOf('@')
    const local = at < 1 || address.slice(at + 1) !== domain ? undefined : prepareUsername(address.slice(0, at))
    return local === undefined ? [] : [{ authzid: `${local}@${domain}`, username: local }]
  })
  const read = (local: string): void => {
    keys.era = accounts.era(local)
  }
  return {
    crypto: n.host.crypto,
    host: domain,
    offered: names,
    channelBindings: n.tls?.channelBindings ?? [],
    downgradeProtection: true, // [XEP-0474]
    tlsVersion: n.tls?.version, // [XEP-0515]
    prepareUsername: (text) => prepareUsername(text),
    prepareOpaque: (text) => prepareOpaque(text),
    scramKeys(local, hash) {
      read(local)
      return accounts.scramKeys(local, hash)
    },
    verifyPlain(local, password) {
      read(local)
      return accounts.verifyPlain(local, password)
    },
    tokens(local, mechanism) {
      read(local)
      return profile.tokens?.(local, mechanism) ?? []
    },
    externalIdentities: identities ?? [],
    anonymous: () => n.host.random.id().toLowerCase(), // [XEP-0175 3]
  }
}

function step(n: Negotiation, attempt: Attempt, take: () => Maybe<SaslStep>): Maybe<undefined> {
  return guarded(n, attempt.profile, () => then(take(), (result) => settle(n, attempt, result)))
}

/** A fault of ours is not the client's failure. */
export function guarded(n: Negotiation, profile: Profile, work: () => Maybe<undefined>): Maybe<undefined> {
  const fault = (error: unknown): Maybe<undefined> => {
    if (!(error instanceof OverloadedError)) n.log.error({ error }, 'a login could not be checked')
    if (n.account === undefined) return fail(n, profile, 'temporary-auth-failure') // [RFC6120 6.5.11, S30]
    n.close(new StreamError('internal-server-error'))
    return undefined
  }
  try {
    const working = work()
    return working instanceof Promise ? working.catch(fault) : working
  } catch (error) {
    return fault(error)
  }
}

function settle(n: Negotiation, attempt: Attempt, result: SaslStep): Maybe<undefined> {
  switch (result.kind) {
    case 'challenge':
      n.send(attempt.profile.challenge(result.data))
      return undefined
    case 'failure':
      return fail(n, attempt.profile, result.condition, attempt.name)
    case 'success':
      attempts.delete(n)
      return succeed(n, attempt, result)
  }
}

function succeed(n: Negotiation, attempt: Attempt, { username, data, authzid, token }: SaslSuccess): Maybe<undefined> {
  const { name: mechanism, profile, keys } = attempt
  const { accounts } = n.host
  const isAnonymous = mechanism === 'ANONYMOUS'
  const isOutdated = (): boolean => keys.era !== undefined && keys.era !== accounts.era(username)
  const login: Login = { local: username, isAnonymous, mechanism, data, authzid, token, isOutdated }
  // a certificate may name an account that is gone; the other mechanisms have proved that theirs is there
  return then(isAnonymous || accounts.exists(username), (exists) =>
    then(exists ? profile.check?.(login) : 'not-authorized', (condition) => {
      if (condition !== undefined || isOutdated()) return fail(n, profile, condition ?? 'not-authorized', mechanism)
      n.log.info(
        {
          event: 'login',
          account: `${username}@${n.host.domain}`,
          mechanism,
          tls: n.tls?.version ?? 'none',
          address: n.remoteAddress,
        },
        'logged in',
      )
      return profile.succeeded(login)
    }),
  )
}
