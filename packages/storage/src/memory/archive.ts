/** The archives of one host in memory. */
import type {
  ArchiveBounds,
  ArchiveEntry,
  ArchiveFilter,
  ArchivePage,
  ArchiveStore,
  NewArchiveEntry,
} from '../contracts.ts'
import { idTaken } from '../error.ts'
import { addressOf, bodiesOf, idOf } from '../stanza-text.ts'
import { storedBytes } from '../text.ts'
import { containsAll, phrasesOf } from '../words.ts'
import type { Owned } from './accounts.ts'
import type { Run } from './storage.ts'

interface Kept extends ArchiveEntry {
  readonly origin: string | undefined
  /** The id of the stanza as it was appended. */
  readonly stanzaId: string | undefined
}

interface Archive {
  /** In the order of their ids. */
  readonly entries: Kept[]
  /** The ids of those that have an origin. */
  readonly origins: Map<string, number>
}

/** What all hosts of a storage share. */
export interface LastId {
  value: number
}

export class MemoryArchive implements ArchiveStore, Owned {
  readonly #archives = new Map<string, Archive>()
  readonly #run: Run
  readonly #last: LastId

  constructor(run: Run, last: LastId) {
    this.#run = run
    this.#last = last
  }

  lastId(): Promise<number> {
    return this.#run('archive.lastId', () => this.#last.value)
  }

  append(local: string, entry: NewArchiveEntry): Promise<number | undefined> {
    return this.#run('archive.append', () => {
      const { id, at, peer, isOut, stanza, origin } = entry
      const archive: Archive = this.#archives.get(local) ?? { entries: [], origins: new Map() }
      const kept: Kept = { id, at, peer, isOut, stanza, origin, stanzaId: idOf(stanza) }
      const known = origin === undefined ? undefined : archive.origins.get(originKey(kept))
      if (known !== undefined) return known
      if (!Number.isSafeInteger(id) || id <= this.#last.value) throw idTaken(id, this.#last.value)
      this.#last.value = id
      archive.entries.push(kept)
      if (origin !== undefined) archive.origins.set(originKey(kept), id)
      this.#archives.set(local, archive)
      return undefined
    })
  }

  page(
    local: string,
    filter: ArchiveFilter,
    options: { readonly limit: number; readonly fromEnd?: boolean; readonly skip?: number },
  ): Promise<ArchivePage> {
    return this.#run('archive.page', () => {
      const { limit, fromEnd = false, skip = 0 } = options
      const matching = this.#matching(local, filter)
      if (fromEnd) matching.reverse()
      const rest = matching.slice(Math.max(0, skip))
      const entries = rest.slice(0, Math.max(0, limit)).map(copyEntry)
      return { entries: fromEnd ? entries.reverse() : entries, isComplete: entries.length === rest.length }
    })
  }

  count(local: string, filter: ArchiveFilter): Promise<number | undefined> {
    return this.#run('archive.count', () => this.#matching(local, filter).length)
  }

  has(local: string, id: number): Promise<boolean> {
    return this.#run('archive.has', () => this.#entries(local).some((entry) => entry.id === id))
  }

  find(local: string, peer: string, isOut: boolean, name: string): Promise<ArchiveEntry | undefined> {
    return this.#run('archive.find', () => {
      const found = this.#entries(local).findLast(
        (entry) => isCalled(entry, name) && entry.peer === peer && entry.isOut === isOut,
      )
      return found === undefined ? undefined : copyEntry(found)
    })
  }

  replace(local: string, id: number, stanza: string): Promise<boolean> {
    return this.#run('archive.replace', () => {
      const entries = this.#entries(local)
      const at = entries.findIndex((entry) => entry.id === id)
      if (at === -1) return false
      entries[at] = { ...entries[at]!, stanza }
      return true
    })
  }

  bounds(local: string): Promise<ArchiveBounds | undefined> {
    return this.#run('archive.bounds', () => {
      const entries = this.#entries(local)
      if (entries.length === 0) return undefined
      const [first, last] = [entries[0]!, entries.at(-1)!].map(({ id, at }) => ({ id, at }))
      return { first: first!, last: last! }
    })
  }

  trim(bounds: { readonly olderThan?: number; readonly bytes?: number }, limit: number): Promise<number> {
    return this.#run('archive.trim', () => {
      let room = Math.max(0, limit)
      for (const { entries, origins } of this.#archives.values()) {
        const removed = entries.splice(0, Math.min(room, excess(entries, bounds)))
        for (const one of removed) if (one.origin !== undefined) origins.delete(originKey(one))
        room -= removed.length
      }
      return Math.max(0, limit) - room
    })
  }

  forget(local: string): void {
    this.#archives.delete(local)
  }

  #entries(local: string): Kept[] {
    return this.#archives.get(local)?.entries ?? []
  }

  #matching(local: string, filter: ArchiveFilter): Kept[] {
    const { peer, start, end, after, before, words = [] } = filter
    const ids = filter.ids === undefined ? undefined : new Set(filter.ids)
    const bare = peer?.split('/', 1)[0]
    const phrases = phrasesOf(words)
    if (phrases === undefined) return []
    return this.#entries(local).filter(
      (entry) =>
        (start === undefined || entry.at >= start) &&
        (end === undefined || entry.at <= end) &&
        (after === undefined || entry.id > after) &&
        (before === undefined || entry.id < before) &&
        (ids === undefined || ids.has(entry.id)) &&
        (peer === undefined || entry.peer === bare) &&
        (peer === bare || addressOf(entry.stanza, entry.isOut) === peer) &&
        (phrases.length === 0 || containsAll(bodiesOf(entry.stanza), phrases)),
    )
  }
}

/** How many of the oldest are too old or too much. */
function excess(entries: readonly Kept[], bounds: { readonly olderThan?: number; readonly bytes?: number }): number {
  const { olderThan = Number.NEGATIVE_INFINITY, bytes = Number.POSITIVE_INFINITY } = bounds
  let total = entries.reduce((sum, { stanza }) => sum + storedBytes(stanza), 0)
  let count = 0
  while (count < entries.length && (entries[count]!.at < olderThan || total > bytes))
    total -= storedBytes(entries[count++]!.stanza)
  return count
}

function isCalled({ origin, stanzaId, stanza }: Kept, name: string): boolean {
  if (origin === undefined) return stanzaId === name
  return origin === name || (stanzaId === name && idOf(stanza) === name)
}

function originKey({ peer, isOut, origin }: Kept): string {
  return JSON.stringify([peer, isOut, origin])
}

function copyEntry({ id, at, peer, isOut, stanza }: Kept): ArchiveEntry {
  return { id, at, peer, isOut, stanza }
}
