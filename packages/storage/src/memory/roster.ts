/** The rosters of one host in memory. */
import type { RosterChange, RosterItem, RosterStore } from '../contracts.ts'
import { REMEMBERED_REMOVALS } from '../limits.ts'
import type { Owned } from './accounts.ts'
import type { Run } from './storage.ts'

interface Roster {
  version: number
  /** Changes since an older version than this are no longer known. */
  floor: number
  readonly items: Map<string, { readonly version: number; readonly item: RosterItem }>
  /** Contacts that left the visible roster, oldest first, with the version at which they did. */
  readonly removed: Map<string, number>
}

export class MemoryRoster implements RosterStore, Owned {
  readonly #rosters = new Map<string, Roster>()
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  load(local: string): Promise<{ version: number; items: RosterItem[] }> {
    return this.#run('roster.load', () => {
      const roster = this.#rosters.get(local)
      if (roster === undefined) return { version: 0, items: [] }
      return { version: roster.version, items: [...roster.items.values()].map(({ item }) => copyItem(item)) }
    })
  }

  put(local: string, item: RosterItem): Promise<number> {
    return this.#run('roster.put', () => {
      const roster = this.#rosters.get(local) ?? { version: 0, floor: 0, items: new Map(), removed: new Map() }
      this.#rosters.set(local, roster)
      const version = ++roster.version
      const wasListed = roster.items.get(item.jid)?.item.listed ?? false
      roster.items.set(item.jid, { version, item: copyItem(item) })
      if (item.listed) roster.removed.delete(item.jid)
      else if (wasListed) rememberRemoval(roster, item.jid)
      return version
    })
  }

  remove(local: string, jid: string): Promise<number> {
    return this.#run('roster.remove', () => {
      const roster = this.#rosters.get(local)
      const entry = roster?.items.get(jid)
      if (roster === undefined || entry === undefined) return roster?.version ?? 0
      roster.version += 1
      roster.items.delete(jid)
      if (entry.item.listed) rememberRemoval(roster, jid)
      return roster.version
    })
  }

  changesSince(local: string, version: number): Promise<{ version: number; changes: RosterChange[] } | undefined> {
    return this.#run('roster.changesSince', () => {
      const roster = this.#rosters.get(local)
      if (roster === undefined) return version === 0 ? { version: 0, changes: [] } : undefined
      if (version > roster.version || version < roster.floor) return undefined
      const changes: RosterChange[] = []
      for (const [jid, entry] of roster.items)
        if (entry.version > version && entry.item.listed)
          changes.push({ version: entry.version, jid, item: copyItem(entry.item) })
      for (const [jid, removedAt] of roster.removed) if (removedAt > version) changes.push({ version: removedAt, jid })
      return { version: roster.version, changes: changes.sort((a, b) => a.version - b.version) }
    })
  }

  forget(local: string): void {
    this.#rosters.delete(local)
  }
}

function rememberRemoval(roster: Roster, jid: string): void {
  roster.removed.set(jid, roster.version)
  if (roster.removed.size <= REMEMBERED_REMOVALS) return
  const [oldest, version] = roster.removed.entries().next().value!
  roster.removed.delete(oldest)
  roster.floor = version
}

function copyItem(item: RosterItem): RosterItem {
  const { jid, name, groups, subscription, ask, approved, pendingIn, listed } = item
  const copy: RosterItem = { jid, groups: [...groups], subscription, ask, approved, listed }
  return {
    ...copy,
    ...(name === undefined ? undefined : { name }),
    ...(pendingIn === undefined ? undefined : { pendingIn }),
  }
}
