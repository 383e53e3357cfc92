/** A scenario as read from its file: who takes part, what happens line by line, and where other servers are known to differ. */

/** Somebody with a connection of their own: a client. Several may share an account. */
export interface Person {
  readonly name: string
  readonly line: number
  /** Absent for a client without an account. */
  readonly address: { readonly local: string; readonly domain: string; readonly resource: string } | undefined
  readonly priority: number | undefined
}

/** A line of the conversation, with the indented block under it. */
export interface Step {
  readonly line: number
  /** The sentence without the final colon. */
  readonly text: string
  readonly block: string | undefined
  readonly blockLine: number
}

/** `differs: prosody — why`: the scenario is known to fail there. `may differ: prosody — why`: sometimes, as where a server races. */
export interface Note {
  readonly line: number
  readonly target: string
  readonly isSure: boolean
  readonly why: string
}

export interface Scenario {
  readonly file: string
  readonly title: string
  /** Such as `RFC6121 8.5.2.1.1`. */
  readonly clauses: readonly string[]
  readonly needs: readonly string[]
  readonly notes: readonly Note[]
  readonly people: readonly Person[]
  readonly steps: readonly Step[]
}

/** A mistake in a scenario file, or something in it that did not happen. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError'
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}
