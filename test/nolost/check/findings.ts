/** What the checker found: violations by rule, counted, with the first few of each in words; and figures that are no violations. */

export const rules = {
  L1: 'every acknowledged message is in the archives of recipient and sender',
  L2: 'exactly once, by stanza-id and by sender and origin-id',
  L3: 'nothing that was never sent, nothing changed',
  L4: 'in the order of the sender',
  L5: 'what was not acknowledged is there once or not at all',
  L6: 'live, forward, backward and count agree',
  L7: 'without an archive: at least once, and never again after it was acknowledged',
  L8: 'what came back with an error was not delivered as well',
} as const

export type Rule = keyof typeof rules

export interface Violation {
  readonly rule: Rule
  readonly text: string
}

export class Findings {
  readonly counts: Record<Rule, number> = { L1: 0, L2: 0, L3: 0, L4: 0, L5: 0, L6: 0, L7: 0, L8: 0 }
  readonly examples: Violation[] = []
  /** Written to a socket, without what was written again. */
  sent = 0
  acknowledged = 0
  /** Never acknowledged until the end. */
  open = 0
  errors = 0
  resent = 0
  /** Acknowledged, without an error, and not in the archive of the recipient or (without an archive) not received. */
  lost = 0
  /** The same of the archive of the sender. */
  lostBySender = 0
  /** Entries in archives beyond the first of a message. */
  duplicates = 0
  /** Arrivals at a device beyond the first of a message, whatever the reason. */
  repeated = 0
  received = 0
  archived = 0

  readonly #examplesOfEach: number

  /** How many violations of each rule are kept in words; all of them are counted. */
  constructor(examplesOfEach: number) {
    this.#examplesOfEach = examplesOfEach
  }

  violation(rule: Rule, text: string): void {
    this.counts[rule]++
    if (this.counts[rule] <= this.#examplesOfEach) this.examples.push({ rule, text })
  }

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0)
  }
}
