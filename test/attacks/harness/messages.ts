/** What a test and the server it attacks (victim.ts, another process) tell each other. */
import type { ServerConfigInput } from '@rookery/server'

export interface VictimSetup {
  readonly config: ServerConfigInput
  /** Undefined: in memory. */
  readonly sqlite: { readonly folder: string; readonly maxBytes?: number } | undefined
  /** Bare JIDs; the password is `secret-<local>`. */
  readonly accounts: readonly string[]
  /** Milliseconds by which the wall clock is wrong. */
  readonly clockStep: number
}

/** What must return to where it was once an attacker is gone. */
export interface Vitals {
  /** After two forced collections, in bytes: resident memory, and what JavaScript keeps alive. */
  readonly rss: number
  readonly heap: number
  readonly fds: number
  /** Of `process.getActiveResourcesInfo()`, counted by kind. */
  readonly resources: Readonly<Record<string, number>>
  readonly sessions: number
}

/** What was seen between two calls of `watch`. */
export interface Watched {
  readonly peakRss: number
  /** Milliseconds by which the event loop was late. */
  readonly delayP99: number
  readonly delayMax: number
  /** Lines logged as errors, at most 50. */
  readonly errors: readonly string[]
}

export type Question =
  | { readonly ask: 'vitals' }
  /** Starts a new watch and answers with what the one before has seen. */
  | { readonly ask: 'watch' }
  /** Messages kept for an account that is away. */
  | { readonly ask: 'stored'; readonly jid: string }
  /** Sessions of an account, those that wait for their clients among them. */
  | { readonly ask: 'sessionsOf'; readonly jid: string }
  /** Sessions of the host that are stored, to be resumed or with the count of what they had handled. */
  | { readonly ask: 'resumable'; readonly host: string }
  /** Changes the wall clock by so many milliseconds. */
  | { readonly ask: 'stepClock'; readonly ms: number }
  /** Whether Object.prototype has become richer. */
  | { readonly ask: 'polluted' }
  | { readonly ask: 'addAccount'; readonly jid: string }
  | { readonly ask: 'stop' }

export interface Started {
  readonly port: number
  readonly tlsPort: number
  readonly httpPort: number
  readonly features: readonly string[]
}

export type Reply = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly failure: string }
