/** SASL, the server's side of RFC 6120 section 6, with the channel bindings of XEP-0440. Mechanisms are in protocol/sasl. */
import { type Maybe, NS, then } from '@rookery/protocol'
import { CodecError } from '@rookery/protocol/codec'
import { prepareOpaque, prepareUsername } from '@rookery/protocol/precis'
import {
  createServerMechanism,
  type SaslServerContext,
  type SaslServerMechanism,
  type SaslStep,
} from '@rookery/protocol/sasl'
import { StreamError } from '@rookery/protocol/stream'
import * as wire from '@rookery/protocol/xeps/sasl'
import type { Element } from '@rookery/protocol/xml'
import { OverloadedError } from '../crypto.ts'
import type { TlsState } from '../transport.ts'
import type { Negotiation, ServerStreamFeature } from './negotiation.ts'

/** An attempt under way; there is at most one on a stream. */
interface Attempt {
  readonly name: string
  readonly mechanism: SaslServerMechanism
  /** What began in the clear does not go on under TLS. [RFC6120 5.4.3.3, S35] */
  readonly tls: TlsState | undefined
  readonly keys: KeysRead
}

/** The era of the account when its keys were read: a password that was changed since proves nothing. [S46] */
interface KeysRead {
  era: number | undefined
}

const attempts = new WeakMap<Negotiation, Attempt>()

/** What the stream may use now, best first. */
function offered(n: Negotiation): string[] {
  if (n.account !== undefined) return []
  const { auth, tls } = n.config
  const isSecure = n.tls !== undefined
  if (tls.required && !isSecure && !auth.plainWithoutTls) return [] // [RFC6120 5.3.1, S26]
  const names: string[] = []
  if (n.tls !== undefined && n.tls.peerAddresses.length > 0) names.push('EXTERNAL')
  const hashes = [...auth.hashes].sort((a, b) => Number(b.slice(4)) - Number(a.slice(4)))
  const scram = hashes.map((hash) => `SCRAM-${hash}`)
  if (n.tls !== undefined && n.tls.channelBindings.length > 0) names.push(...scram.map((name) => `${name}-PLUS`))
  names.push(...scram)
  if (isSecure ? auth.plain : auth.plainWithoutTls) names.push('PLAIN')
  if (auth.anonymous.includes(n.host.domain)) names.push('ANONYMOUS')
  return names
}

export const sasl: ServerStreamFeature = {
  name: 'sasl',
  offer: (n) => {
    const mechanisms = offered(n)
    return mechanisms.length === 0 ? undefined : wire.mechanisms.build({ mechanisms })
  },
  takes: (element, n) => element.ns === NS.sasl && n.account === undefined,
  receive(element, n) {
    switch (element.name) {
      case 'auth':
        return begin(element, n)
      case 'response':
        return goOn(element, n)
      case 'abort':
        attempts.delete(n)
        return fail(n, 'aborted') // [RFC6120 6.5.1]
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

function begin(element: Element, n: Negotiation): Maybe<undefined> {
  const auth = wire.auth.parse(element)
  if (auth instanceof CodecError) return fail(n, 'incorrect-encoding')
  const name = auth?.mechanism ?? ''
  const names = offered(n)
  if (!names.includes(name)) {
    const needsTls = n.tls === undefined && n.canStartTls && (n.config.tls.required || name === 'PLAIN')
    return fail(n, needsTls ? 'encryption-required' : 'invalid-mechanism') // [RFC6120 6.5.4, 6.5.7, S41]
  }
  const keys: KeysRead = { era: undefined }
  const mechanism = createServerMechanism(name, context(n, names, keys))
  if (mechanism === undefined) return fail(n, 'invalid-mechanism')
  const attempt = { name, mechanism, tls: n.tls, keys }
  attempts.set(n, attempt)
  return step(n, attempt, () => mechanism.start(auth?.data))
}

function goOn(element: Element, n: Negotiation): Maybe<undefined> {
  const attempt = attempts.get(n)
  const response = wire.response.parse(element)
  if (response instanceof CodecError) return fail(n, 'incorrect-encoding')
  if (attempt === undefined || attempt.tls !== n.tls) return fail(n, 'malformed-request')
  return step(n, attempt, () => attempt.mechanism.respond(response?.data ?? new Uint8Array(0)))
}

function context(n: Negotiation, names: readonly string[], keys: KeysRead): SaslServerContext {
  const { accounts, domain } = n.host
  const identities = n.tls?.peerAddresses.flatMap((address) => {
    const at = address.lastIndexOf('@')
    const local = at < 1 || address.slice(at + 1) !== domain ? undefined : prepareUsername(address.slice(0, at))
    return local === undefined ? [] : [{ authzid: `${local}@${domain}`, username: local }]
  })
  return {
    crypto: n.host.crypto,
    host: domain,
    offered: names,
    channelBindings: n.tls?.channelBindings ?? [],
    downgradeProtection: true, // [XEP-0474]
    prepareUsername: (text) => prepareUsername(text),
    prepareOpaque: (text) => prepareOpaque(text),
    scramKeys(local, hash) {
      keys.era = accounts.era(local)
      return accounts.scramKeys(local, hash)
    },
    verifyPlain(local, password) {
      keys.era = accounts.era(local)
      return accounts.verifyPlain(local, password)
    },
    externalIdentities: identities ?? [],
    anonymous: () => n.host.random.id().toLowerCase(), // [XEP-0175 3]
  }
}

function step(n: Negotiation, attempt: Attempt, take: () => Maybe<SaslStep>): Maybe<undefined> {
  const fault = (error: unknown): Maybe<undefined> => {
    if (!(error instanceof OverloadedError)) n.log.error({ error }, 'a login could not be checked')
    return fail(n, 'temporary-auth-failure') // [RFC6120 6.5.11, S30]
  }
  try {
    const taken = take()
    return taken instanceof Promise
      ? taken.then((result) => settle(n, attempt, result), fault)
      : settle(n, attempt, taken)
  } catch (error) {
    return fault(error)
  }
}

function settle(n: Negotiation, attempt: Attempt, result: SaslStep): Maybe<undefined> {
  switch (result.kind) {
    case 'challenge':
      n.send(wire.challenge.build({ data: result.data }))
      return undefined
    case 'failure':
      return fail(n, result.condition, attempt.name)
    case 'success': {
      attempts.delete(n)
      const isAnonymous = attempt.name === 'ANONYMOUS'
      // a certificate may name an account that is gone; SCRAM and PLAIN have proved that theirs is there
      return then(isAnonymous || n.host.accounts.exists(result.username), (exists) => {
        const { era } = attempt.keys
        const isOutdated = era !== undefined && era !== n.host.accounts.era(result.username)
        if (!exists || isOutdated) return fail(n, 'not-authorized', attempt.name)
        n.log.info(
          {
            event: 'login',
            account: `${result.username}@${n.host.domain}`,
            mechanism: attempt.name,
            tls: n.tls?.version ?? 'none',
            address: n.remoteAddress,
          },
          'logged in',
        )
        n.send(wire.success.build(result.data === undefined ? {} : { data: result.data }))
        n.authenticated(result.username, isAnonymous, 'restart')
        return undefined
      })
    }
  }
}

function fail(n: Negotiation, condition: wire.SaslCondition, mechanism?: string): Maybe<undefined> {
  attempts.delete(n)
  n.send(wire.failure.build({ condition }))
  if (mechanism !== undefined)
    n.log.info({ event: 'login-failed', mechanism, condition, address: n.remoteAddress }, 'login failed')
  if (condition === 'temporary-auth-failure') return undefined // nobody's failure but ours [S30]
  if (n.failedLogin()) n.close(new StreamError('policy-violation', 'too many failed logins')) // [RFC6120 6.4.5, S29]
  return undefined
}
