/**
 * Whether a connection still lives: looked at every second, by what has come and gone since the last look. Not stream management,
 * which knows what the client has got.
 */
import type { Limits } from './config/limits.ts'

/** What the connection is like at the moment of a look. */
export interface Look {
  readonly isLoggedIn: boolean
  /** The client leaves written bytes unread. */
  readonly isBlocked: boolean
  /** A stanza has begun, and nothing keeps us from reading the rest of it. */
  readonly isPartial: boolean
}

/** What has to be done. `ask`: the client shows no sign of life, and should. */
export type Verdict = 'login' | 'unread' | 'partial' | 'ask' | 'silent' | undefined

/** Seconds a silent client has to answer. */
const answerSeconds = 30

export class Liveness {
  readonly #openedAt: number
  #blockedSince: number | undefined
  /** Since the last look: whether bytes came, whether a stanza was complete. */
  #hasHeard = true
  #hasCompleted = false
  /** Seconds without a byte; seconds that the stanza under way has taken. */
  #silence = 0
  #assembly = 0

  /** Monotonic milliseconds. */
  constructor(now: number) {
    this.#openedAt = now
  }

  heard(): void {
    this.#hasHeard = true
  }

  completed(): void {
    this.#hasCompleted = true
  }

  /** The client has taken what it had left unread. */
  drained(): void {
    this.#blockedSince = undefined
  }

  look(now: number, look: Look, limits: Limits): Verdict {
    if (!look.isLoggedIn) return over(now - this.#openedAt, limits.negotiationSeconds) ? 'login' : undefined // [S24]
    this.#blockedSince = look.isBlocked ? (this.#blockedSince ?? now) : undefined
    if (this.#blockedSince !== undefined && over(now - this.#blockedSince, limits.writeTimeoutSeconds)) return 'unread' // [S81]
    return this.#lookAtStanza(look.isPartial, limits.stanzaSeconds) ?? this.#lookAtSilence(limits.idleSeconds)
  }

  /** A stanza that comes a byte at a time is cut like one that is too large. [S17] */
  #lookAtStanza(isPartial: boolean, seconds: number): Verdict {
    this.#assembly = isPartial && !this.#hasCompleted ? this.#assembly + 1 : 0
    this.#hasCompleted = false
    return seconds > 0 && this.#assembly > seconds ? 'partial' : undefined
  }

  /** Who says nothing is asked for a sign of life, then taken for gone. [RFC6120 4.6, XEP-0199 4.1] */
  #lookAtSilence(seconds: number): Verdict {
    this.#silence = this.#hasHeard ? 0 : this.#silence + 1
    this.#hasHeard = false
    if (seconds === 0) return undefined
    if (this.#silence === seconds) return 'ask'
    return this.#silence > seconds + answerSeconds ? 'silent' : undefined
  }
}

/** A limit of 0 is none. */
function over(milliseconds: number, seconds: number): boolean {
  return seconds > 0 && milliseconds > seconds * 1000
}
