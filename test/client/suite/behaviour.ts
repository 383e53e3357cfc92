/** A behaviour of the library that has to be the same against each server, and what a server must say that it has for that. */
import type { Need } from './answers.ts'
import type { Stage } from './stage.ts'

export interface Behaviour {
  /** A word of packages/client/src/features, or what the core does: `login`, `connection`. */
  readonly feature: string
  readonly what: string
  readonly needs: readonly Need[]
  /** It stops and starts the server: the others are done before. */
  readonly restarts: boolean
  readonly run: (stage: Stage) => Promise<void>
}

export interface BehaviourOptions {
  /** What a server lacks one of is left out, with the reason. */
  readonly needs?: readonly Need[]
  readonly restarts?: boolean
}

export function behaviour(
  feature: string,
  what: string,
  { needs = [], restarts = false }: BehaviourOptions,
  run: (stage: Stage) => Promise<void>,
): Behaviour {
  return { feature, what, needs, restarts, run }
}
