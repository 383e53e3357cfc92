/** The names of the mechanisms we know (RFC 5802 section 4, RFC 7677, RFC 4616, RFC 4422, RFC 4505, draft-schmaus-kitten-sasl-ht-09), best first. */

import type { ChannelBindingType } from './channel-binding.ts'
import type { HashName } from './sasl-crypto.ts'

export interface ScramMechanism {
  readonly hash: HashName
  readonly plus: boolean
}

export const unboundScramNames: readonly string[] = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1']

export const boundScramNames: readonly string[] = unboundScramNames.map((name) => `${name}-PLUS`)

export function scramMechanism(name: string): ScramMechanism | undefined {
  const [, hash, plus] = /^SCRAM-(SHA-(?:512|256|1))(-PLUS)?$/.exec(name) ?? []
  return hash === undefined ? undefined : { hash: hash as HashName, plus: plus !== undefined }
}

export interface HashedTokenMechanism {
  readonly hash: HashName
  /** The one type it binds to; undefined: it does not bind. */
  readonly binding: ChannelBindingType | undefined
}

/** The words for bindings that end the name of a hashed token mechanism, best first. */
const tokenBindings: ReadonlyMap<string, ChannelBindingType | undefined> = new Map<
  string,
  ChannelBindingType | undefined
>([
  ['EXPR', 'tls-exporter'],
  ['UNIQ', 'tls-unique'],
  ['ENDP', 'tls-server-end-point'],
  ['NONE', undefined],
])

/** In the order of our preference: bound to the channel first, then the longer hash. */
export const hashedTokenNames: readonly string[] = [...tokenBindings.keys()].flatMap((word) => [
  `HT-SHA-512-${word}`,
  `HT-SHA-256-${word}`,
])

export const unboundTokenNames: readonly string[] = ['HT-SHA-512-NONE', 'HT-SHA-256-NONE']

export function hashedTokenMechanism(name: string): HashedTokenMechanism | undefined {
  const [, hash, word] = tokenNameParts(name) ?? []
  return word === undefined ? undefined : { hash: hash as HashName, binding: tokenBindings.get(word) }
}

/** The name, the hash, and the word for what it binds to. */
export function tokenNameParts(name: string): readonly string[] | null {
  return /^HT-(SHA-(?:512|256))-(EXPR|UNIQ|ENDP|NONE)$/.exec(name)
}

/** Whether the mechanism proves a password (and not a certificate, a token, or nothing). */
export function provesPassword(name: string): boolean {
  return name === 'PLAIN' || scramMechanism(name) !== undefined
}
