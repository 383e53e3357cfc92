/**
 * What the client of a session has from the archive, or will fetch: messages that waited for it need not be delivered besides.
 * XEP-0313 1.1.3 section 6.1.1, XEP-0386 1.0.1 section 4, S98.
 */
import type { Maybe } from '@rookery/protocol'
import type { ArchiveEntry, ArchiveStore } from '@rookery/storage'
import type { ArchiveIds } from '../../archive-ids.ts'
import type { Session } from '../../session.ts'
import { type Slot, slot } from '../../slot.ts'
import type { Names } from './names.ts'
import { Ranges } from './ranges.ts'
import type { Asked } from './read-query.ts'

/** Pages it was given since it logged in. */
export const given: Slot<Ranges> = slot('archive:given', 'resumption', () => new Ranges(), {
  write: String,
  read: Ranges.parse,
})
/** The id of the newest message in the archive when it was told, at login, how far that goes: up to there it fetches what it has not. */
export const told: Slot<number> = slot('archive:told', 'resumption', () => 0, { write: String, read: Number })

export interface CoverageParts {
  readonly store: ArchiveStore
  readonly ids: ArchiveIds
  readonly names: () => Names
}

export class Coverage {
  readonly #parts: CoverageParts

  constructor(parts: CoverageParts) {
    this.#parts = parts
  }

  /** Notes a page. Only one without gaps counts: all that is in the archive between its edges was in it. */
  readonly note = (session: Session, asked: Asked, entries: readonly ArchiveEntry[]): undefined => {
    const { filter, fromEnd, after, before } = asked
    const [first, last] = [entries[0], entries.at(-1)]
    if (first === undefined || last === undefined) return undefined
    if (filter.peer !== undefined || filter.ids !== undefined || filter.words !== undefined) return undefined
    // pages that follow each other shall leave no seam
    const { timeOf } = this.#parts.ids
    const joinsEarlier =
      !fromEnd && after !== undefined && (filter.start === undefined || timeOf(after) >= filter.start)
    const joinsLater = fromEnd && before !== undefined && (filter.end === undefined || timeOf(before) <= filter.end)
    session.get(given).add(joinsEarlier ? after : first.id - 1, joinsLater ? before - 1 : last.id)
    return undefined
  }

  /** Whether a message that waited, and bears this name, need not be sent to the client. Without a name it is in no archive. */
  has(session: Session, name: string): Maybe<boolean> {
    const id = this.#parts.names().idOf(name)
    if (id === undefined) return false
    if (session.peek(given)?.has(id) === true) return true
    return id <= (session.peek(told) ?? 0) && this.#parts.store.has(session.account.local, id)
  }
}
