/** Plays one scenario against one target, and says in plain words where it went another way. */
import { Cast } from './cast.ts'
import { Expectations } from './expectations.ts'
import { type Scenario, ScenarioError } from './scenario.ts'
import { findSentence } from './sentences.ts'
import type { Target } from './target.ts'

/** How many of the last stanzas of everybody a failure shows. */
const shown = 6

/** Resolves when everything happened as written; rejects with a ScenarioError that carries the line. */
export const runScenario = async (scenario: Scenario, target: Target): Promise<void> => {
  const cast = new Cast(scenario, target)
  const expectations = new Expectations(cast)
  let line = 1
  try {
    await cast.createAccounts()
    for (const step of scenario.steps) {
      line = step.line
      const sentence = findSentence(step.text)
      if (!sentence) throw new ScenarioError(line, `no sentence of scenarios/README.md reads like this: ${step.text}`)
      await sentence.act({ cast, step, expectations }, sentence.words)
    }
    await expectations.nothingLeft([...cast.clients.values()])
  } catch (error) {
    const { message } = error as Error
    const at = error instanceof ScenarioError ? error.line : line
    throw new ScenarioError(at, cast.plain(`${scenario.file}:${at}: ${message}\n${lastStanzas(cast)}`))
  } finally {
    cast.endAll()
  }
}

const lastStanzas = (cast: Cast): string => {
  const lines = ['the last stanzas (> sent, < received)']
  for (const { name, transcript } of cast.clients.values())
    for (const stanza of transcript.slice(-shown)) lines.push(`  ${name} ${stanza}`)
  return lines.join('\n')
}
