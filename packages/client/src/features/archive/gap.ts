/** Everything in an archive after a mark, handed on page by page as if it had just arrived: a page is asked for when the one before has been dealt with. */

import { isMissing } from '../../contract/ask.ts'
import { UnexpectedAnswerError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'
import { both } from '../../contract/together.ts'
import { within } from '../../contract/within.ts'
import { messages } from '../../messages/index.ts'
import { type ArchivedMessage, type Mark, readEntry } from './entry.ts'
import type { Line } from './line.ts'
import type { Filter, Questions } from './questions.ts'

export interface Gap {
  readonly core: Core
  readonly questions: Questions
  readonly line: Line
  readonly since: Mark
  /** Messages in a page. */
  readonly max: number
  readonly filter?: Filter | undefined
  readonly isWanted: (entry: ArchivedMessage) => boolean
  /** From when on nothing is missed any more; asked for before the page that is to be the last. */
  readonly steady: () => undefined | Promise<undefined>
  readonly signal: AbortSignal | undefined
}

/** Where an archive has forgotten what we knew last, what came so long before is looked at as well: clocks differ. */
const clockError = 86_400_000

/** How many were handed on; `handled` settles when the last of them has been dealt with. Throws what a request throws. */
export async function fillGap(
  gap: Gap,
): Promise<{ readonly count: number; readonly handled: undefined | Promise<undefined> }> {
  const { core, questions, line, since, max, signal } = gap
  const first = since.id || undefined
  let after = first
  let start = after === undefined && since.at > 0 ? since.at : undefined
  let isSteady = gap.steady() === undefined
  let count = 0
  const seen = new Set([undefined, after])
  for (;;) {
    const answer = await questions
      .ask(line.of, { filter: { ...gap.filter, start }, page: { max, after } }, { signal })
      .catch((error: unknown) => {
        // [XEP-0313 4.3.5] it has been removed, as what is older
        if (after === undefined || after !== first || !isMissing(error)) throw error
        start = Math.max(since.at - clockError, 0)
        after = undefined
      })
    if (answer === undefined) continue
    let handled: undefined | Promise<undefined>
    for (const result of answer.results) {
      const entry = readEntry(core, line.of, result)
      const isWanted = entry !== undefined && gap.isWanted(entry)
      if (isWanted) count++
      const at = entry?.at ?? result.forwarded.delay?.stamp ?? since.at
      const work = isWanted ? core.use(messages).deliver(entry.stanza, entry.way) : undefined
      line.mark({ id: result.id, at }, work)
      handled = both(handled, work)
    }
    if (answer.isComplete && isSteady) return { count, handled }
    if (handled) await within(core.clock, handled, { signal })
    if (answer.isComplete) {
      await gap.steady()
      isSteady = true
    } else if (seen.has(answer.last))
      // one page after the other, and none again
      throw new UnexpectedAnswerError('The archive does not come to an end.')
    signal?.throwIfAborted()
    after = answer.last ?? after
    seen.add(after)
  }
}
