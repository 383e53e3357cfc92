/** What the answer of a push service means for a registration, and how long to leave it alone after a failure. XEP-0357 0.4.1 section 7.1. Pure. */
import { StanzaError, type StanzaErrorCondition } from '@rookery/protocol/stanza'

/** `sent`: taken. `gone`: never again. `later`: it may work another time. */
export type Outcome = 'sent' | 'gone' | 'later'

/** Errors that say more about the way to the service, or about its state, than about the node. */
const passing: ReadonlySet<StanzaErrorCondition> = new Set([
  'internal-server-error',
  'recipient-unavailable',
  'remote-server-not-found',
  'remote-server-timeout',
  'resource-constraint',
  'service-unavailable',
  'undefined-condition',
  'unexpected-request',
])

/** An error disables the registration, unless it may pass. [XEP-0357 7.1] */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof StanzaError)) return 'later' // no answer
  if (error.type === 'wait') return 'later'
  return passing.has(error.condition) ? 'later' : 'gone'
}

/** A notification is tried so often. */
export const mostTries = 5
/** A registration that failed so often in a row, for so long, is given up. */
const mostFailures = 10
const longestFailing = 86_400_000

/** Milliseconds before the next try, after so many failures in a row: 5 s, 10 s, … one hour. */
export function pauseAfter(failures: number): number {
  return Math.min(3_600_000, 5000 * 2 ** Math.min(failures - 1, 20))
}

/** `forMs`: since the first failure in the row. [XEP-0357 7.1] */
export function isHopeless(failures: number, forMs: number): boolean {
  return failures >= mostFailures && forMs >= longestFailing
}
