/** The names of the mechanisms we know (RFC 5802 section 4, RFC 7677, RFC 4616, RFC 4422, RFC 4505, draft-schmaus-kitten-sasl-ht-09), best first. */

import type { ChannelBindingType } from './channel-binding.ts'
import type { HashName } from './sasl-crypto.ts'

export interface ScramMechanism {
  readonly hash: HashName
  readonly plus: boolean
}

const scramMechanisms: ReadonlyMap<string, ScramMechanism> = new Map<string, ScramMechanism>([
  ['SCRAM-SHA-512-PLUS', { hash: 'SHA-512', plus: true }],
  ['SCRAM-SHA-256-PLUS', { hash: 'SHA-256', plus: true }],
  ['SCRAM-SHA-1-PLUS', { hash: 'SHA-1', plus: true }],
  ['SCRAM-SHA-512', { hash: 'SHA-512', plus: false }],
  ['SCRAM-SHA-256', { hash: 'SHA-256', plus: false }],
  ['SCRAM-SHA-1', { hash: 'SHA-1', plus: false }],
])

/** In the order of our preference: bound to the channel first, then the longer hash. */
export const scramNames: readonly string[] = [...scramMechanisms.keys()]

export function scramMechanism(name: string): ScramMechanism | undefined {
  return scramMechanisms.get(name)
}

export interface HashedTokenMechanism {
  readonly hash: HashName
  /** The one type it binds to; undefined: it does not bind. */
  readonly binding: ChannelBindingType | undefined
}

/** The bindings that end the name of a hashed token mechanism, best first. */
const tokenBindings: readonly (readonly [string, ChannelBindingType | undefined])[] = [
  ['EXPR', 'tls-exporter'],
  ['UNIQ', 'tls-unique'],
  ['ENDP', 'tls-server-end-point'],
  ['NONE', undefined],
]

const tokenMechanisms: ReadonlyMap<string, HashedTokenMechanism> = new Map(
  tokenBindings.flatMap(([word, binding]) =>
    (['SHA-512', 'SHA-256'] as const).map((hash): [string, HashedTokenMechanism] => [
      `HT-${hash}-${word}`,
      { hash, binding },
    ]),
  ),
)

/** In the order of our preference: bound to the channel first, then the longer hash. */
export const hashedTokenNames: readonly string[] = [...tokenMechanisms.keys()]

export function hashedTokenMechanism(name: string): HashedTokenMechanism | undefined {
  return tokenMechanisms.get(name)
}

/** Whether the mechanism proves a password (and not a certificate, a token, or nothing). */
export function provesPassword(name: string): boolean {
  return name === 'PLAIN' || scramMechanisms.has(name)
}
