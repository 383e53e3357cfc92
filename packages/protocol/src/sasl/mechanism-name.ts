/** The names of the mechanisms we know (RFC 5802 section 4, RFC 7677, RFC 4616, RFC 4422, RFC 4505), best first. */

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
