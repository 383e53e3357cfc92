/** The archives of one host as the server sees them. What may take long is several operations, so that those of others come between. */
import type { ArchiveBounds, ArchiveEntry, ArchiveFilter, ArchivePage, ArchiveStore } from '../contracts.ts'
import { phrasesOf } from '../words.ts'
import { asBoolean, asLimit, asNumber, code } from './flat.ts'
import { COMPLETE, type FilterCells, UNFINISHED, type Value } from './message.ts'
import type { Submit } from './storage.ts'

const LAST_ID = code('archive.lastId')
const APPEND = code('archive.append')
const PAGE = code('archive.page')
const COUNT = code('archive.count')
const HAS = code('archive.has')
const FIND = code('archive.find')
const REPLACE = code('archive.replace')
const BOUNDS = code('archive.bounds')
const TRIM = code('archive.trim')
const INDEX_WORDS = code('archive.indexWords')
const SWEEP = code('archive.sweep')

export function archiveStore(domain: string, submit: Submit): ArchiveStore {
  return {
    lastId: () => submit(LAST_ID, [domain], asNumber),
    append: (local, { id, at, peer, isOut, stanza, origin }) =>
      submit(APPEND, [domain, local, id, at, peer, isOut, stanza, origin], asOptionalNumber),
    page: async (local, filter, { limit, fromEnd = false, skip = 0 }) => {
      const cells = cellsOf(filter)
      if (cells === undefined) return { entries: [], isComplete: true }
      if (cells[6] !== undefined) await indexWords(domain, local, cells, submit)
      return page(domain, local, cells, asLimit(limit), fromEnd, asLimit(skip), submit)
    },
    count: async (local, filter) => {
      const cells = cellsOf(filter)
      if (cells === undefined) return 0
      if (cells[6] !== undefined) await indexWords(domain, local, cells, submit)
      return submit(COUNT, [domain, local, cells], asOptionalNumber)
    },
    has: (local, id) => submit(HAS, [domain, local, id], asBoolean),
    find: (local, peer, isOut, name) => submit(FIND, [domain, local, peer, isOut, name], asFound),
    replace: (local, id, stanza) => submit(REPLACE, [domain, local, id, stanza], asBoolean),
    bounds: (local) => submit(BOUNDS, [domain, local], asBounds),
    trim: (bounds, limit) => trim(domain, bounds, asLimit(limit), submit),
  }
}

/** Removes from disk what accounts that are gone left in archives. What is left when the storage closes is swept up at its next start. */
export async function sweepArchives(submit: Submit): Promise<void> {
  try {
    while (await submit(SWEEP, [''], asBoolean));
  } catch {
    // Closed, or no room on the disk: nobody can see these messages, and there will be another sweep.
  }
}

/** What is posted of a filter; undefined if it matches nothing. */
function cellsOf({ peer, start, end, after, before, ids, words = [] }: ArchiveFilter): FilterCells | undefined {
  const phrases = phrasesOf(words)
  if (phrases === undefined) return undefined
  return [peer, start, end, after, before, ids && [...ids], phrases.length === 0 ? undefined : phrases]
}

/** What comes after the call does not concern a search, however long its words take to be read. */
async function indexWords(domain: string, local: string, cells: FilterCells, submit: Submit): Promise<void> {
  const through = await submit(LAST_ID, [domain], asNumber)
  while (await submit(INDEX_WORDS, [domain, local, through], asBoolean));
  cells[4] = Math.min(cells[4] ?? Number.POSITIVE_INFINITY, through + 1)
}

async function page(
  domain: string,
  local: string,
  cells: FilterCells,
  limit: number,
  fromEnd: boolean,
  skip: number,
  submit: Submit,
): Promise<ArchivePage> {
  const entries: ArchiveEntry[] = []
  for (;;) {
    const answer = submit(PAGE, [domain, local, [...cells], limit - entries.length, fromEnd, skip], asCells)
    const [state, last, left, through, ...found] = await answer
    for (let i = 0; i < found.length; i += 5) entries.push(asEntry(found, i))
    if (state !== UNFINISHED) return { entries: fromEnd ? entries.reverse() : entries, isComplete: state === COMPLETE }
    skip = left as number
    cells[fromEnd ? 4 : 3] = last as number
    cells[4] ??= (through as number) + 1
  }
}

async function trim(
  domain: string,
  { olderThan = Number.NEGATIVE_INFINITY, bytes = Number.POSITIVE_INFINITY }: Parameters<ArchiveStore['trim']>[0],
  limit: number,
  submit: Submit,
): Promise<number> {
  let removed = 0
  let after: Value = 0
  do {
    const answer: Value[] = await submit(TRIM, [domain, olderThan, bytes, limit - removed, after], asCells)
    removed += answer[0] as number
    after = answer[1]
  } while (after !== undefined && removed < limit)
  return removed
}

const asCells = (value: Value): Value[] => value as Value[]
const asOptionalNumber = (value: Value): number | undefined => value as number | undefined

function asEntry(cells: readonly Value[], at: number): ArchiveEntry {
  return {
    id: cells[at] as number,
    at: cells[at + 1] as number,
    peer: cells[at + 2] as string,
    isOut: cells[at + 3] as boolean,
    stanza: cells[at + 4] as string,
  }
}

function asFound(value: Value): ArchiveEntry | undefined {
  return value === undefined ? undefined : asEntry(value as Value[], 0)
}

function asBounds(value: Value): ArchiveBounds | undefined {
  if (value === undefined) return undefined
  const [firstId, firstAt, lastId, lastAt] = value as [number, number, number, number]
  return { first: { id: firstId, at: firstAt }, last: { id: lastId, at: lastAt } }
}
