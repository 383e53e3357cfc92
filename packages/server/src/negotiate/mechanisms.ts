/** What a stream may log in with, best first, under either version of SASL (RFC 6120 section 6, XEP-0388), and with a token (XEP-0484). */
import { hashedTokenMechanism, hashedTokenNames } from '@rookery/protocol/sasl'
import type { Negotiation } from './negotiation.ts'

/** Nothing where TLS has to come first. [RFC6120 5.3.1, S26] */
export function mechanismsOf(n: Negotiation): readonly string[] {
  const { auth, tls } = n.config
  const isSecure = n.tls !== undefined
  if (n.account !== undefined || (tls.required && !isSecure && !auth.plainWithoutTls)) return []
  const names: string[] = []
  if (n.tls !== undefined && n.tls.peerAddresses.length > 0) names.push('EXTERNAL')
  const claimed = n.from?.domain === n.host.domain && n.from.local !== '' ? n.from.local : undefined
  const hashes = [...n.host.accounts.hashesFor(claimed)].sort((a, b) => Number(b.slice(4)) - Number(a.slice(4)))
  const scram = hashes.map((hash) => `SCRAM-${hash}`)
  if (n.tls !== undefined && n.tls.channelBindings.length > 0) names.push(...scram.map((name) => `${name}-PLUS`))
  names.push(...scram)
  if (isSecure ? auth.plain : auth.plainWithoutTls) names.push('PLAIN')
  if (auth.anonymous.includes(n.host.domain)) names.push('ANONYMOUS')
  return names
}

/** Under TLS alone [XEP-0388 6]; without it only where passwords go in the clear on purpose, in tests. */
export function allowsSasl2(n: Negotiation): boolean {
  return n.account === undefined && (n.tls !== undefined || n.config.auth.plainWithoutTls)
}

/** Those that this connection can bind to, and the one that does not bind. [XEP-0484 3.1] */
export function tokenMechanismsOf(n: Negotiation): readonly string[] {
  if (n.config.auth.tokenDays === 0) return []
  return hashedTokenNames.filter((name) => {
    const mechanism = hashedTokenMechanism(name)!
    const { binding } = mechanism
    const canBind = binding === undefined || n.tls?.channelBindings.some(({ type }) => type === binding) === true
    return mechanism.hash === 'SHA-256' && canBind
  })
}

/** What was offered stays what a login goes by, and what XEP-0474 hashes: who may use what can change meanwhile. */
const offers = new WeakMap<Negotiation, readonly string[]>()

/** Called when the stream features are listed. */
export function offerMechanisms(n: Negotiation): readonly string[] {
  const names = mechanismsOf(n)
  offers.set(n, names)
  return names
}

export function offeredMechanisms(n: Negotiation): readonly string[] {
  return offers.get(n) ?? mechanismsOf(n)
}
