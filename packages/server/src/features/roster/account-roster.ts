/** The roster of one account as it is kept in memory. RFC 6121 section 2. Storage is rosters.ts's. */
import type { RosterItem } from '@rookery/storage'

const nobody: ReadonlyMap<string, RosterItem> = new Map()

export class AccountRoster {
  #version: number
  /** Shared by all empty rosters: most sessions of a busy server at login. */
  #items: ReadonlyMap<string, RosterItem> = nobody
  #listed = 0

  constructor(version: number, items: readonly RosterItem[]) {
    this.#version = version
    for (const item of items) this.set(item.jid, item, version)
  }

  get version(): number {
    return this.#version
  }

  /** By bare JID, unlisted ones too. */
  get items(): ReadonlyMap<string, RosterItem> {
    return this.#items
  }

  /** How many items clients see. */
  get listed(): number {
    return this.#listed
  }

  /** How many items exist only for a request that waits for the user's answer. */
  get unlisted(): number {
    return this.#items.size - this.#listed
  }

  set(jid: string, item: RosterItem | undefined, version: number): void {
    const own = this.#items === nobody ? new Map<string, RosterItem>() : (this.#items as Map<string, RosterItem>)
    if (own.get(jid)?.listed === true) this.#listed--
    if (item === undefined) own.delete(jid)
    else own.set(jid, item)
    if (item?.listed === true) this.#listed++
    this.#items = own
    this.#version = version
  }
}
