/** Rosters in SQLite. */
import type { DatabaseSync } from 'node:sqlite'
import { REMEMBERED_REMOVALS } from '../../limits.ts'
import { type Jids, ownerText } from '../jids.ts'
import { LISTED, type Value } from '../message.ts'
import { type Cell, type Command, command, pack, type Query, query, unpack } from '../statement.ts'

const ITEMS = `
  SELECT item.version, text, name, groups, subscription, flags, pending_in
  FROM roster_item AS item JOIN jid ON jid.id = contact WHERE owner = ?`

/** Removals look like items without a subscription. */
const CHANGES = `
  ${ITEMS} AND item.version > ? AND flags & ${LISTED} <> 0
  UNION ALL
  SELECT version, text, NULL, '', NULL, 0, NULL FROM roster_removed JOIN jid ON jid.id = contact WHERE owner = ? AND version > ?
  ORDER BY 1`

export class RosterTables {
  readonly #jids: Jids
  readonly #version: Query
  readonly #nextVersion: Query
  readonly #items: Query
  readonly #changes: Query
  readonly #flags: Query
  readonly #put: Command
  readonly #remove: Query
  readonly #addRemoved: Command
  readonly #dropRemoved: Command
  readonly #pruneRemoved: Query
  readonly #raiseFloor: Command

  constructor(database: DatabaseSync, jids: Jids) {
    this.#jids = jids
    this.#version = query(database, 'SELECT version, floor FROM roster WHERE owner = ?')
    this.#nextVersion = query(
      database,
      'INSERT INTO roster VALUES (?, 1, 0) ON CONFLICT DO UPDATE SET version = version + 1 RETURNING version',
    )
    this.#items = query(database, ITEMS)
    this.#changes = query(database, CHANGES)
    this.#flags = query(database, 'SELECT flags FROM roster_item WHERE owner = ? AND contact = ?')
    this.#put = command(database, 'INSERT OR REPLACE INTO roster_item VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    this.#remove = query(database, 'DELETE FROM roster_item WHERE owner = ? AND contact = ? RETURNING flags')
    this.#addRemoved = command(database, 'INSERT OR REPLACE INTO roster_removed VALUES (?, ?, ?)')
    this.#dropRemoved = command(database, 'DELETE FROM roster_removed WHERE owner = ? AND contact = ?')
    this.#pruneRemoved = query(
      database,
      `DELETE FROM roster_removed WHERE owner = ?1 AND version <=
         (SELECT version FROM roster_removed WHERE owner = ?1 ORDER BY version DESC LIMIT 1 OFFSET ${REMEMBERED_REMOVALS})
       RETURNING version`,
    )
    this.#raiseFloor = command(database, 'UPDATE roster SET floor = max(floor, ?2) WHERE owner = ?1')
  }

  load(domain: string, local: string): Value {
    const owner = this.#jids.find(ownerText(domain, local))
    const version = owner === undefined ? undefined : this.#version.get(owner)
    if (owner === undefined || version === undefined) return [0]
    return [version[0]!, ...flatItems(this.#items.all(owner))]
  }

  put(
    domain: string,
    local: string,
    jid: string,
    name: string | null,
    groups: string,
    subscription: string,
    flags: number,
    pendingIn: string | null,
  ): number {
    const owner = this.#jids.intern(ownerText(domain, local))
    const contact = this.#jids.intern(jid)
    const wasListed = isListed(this.#flags.get(owner, contact))
    const version = this.#nextVersion.get(owner)![0] as number
    const pending = pendingIn === null ? null : pack(pendingIn)
    this.#put.run(owner, contact, version, name, groups, subscription, flags, pending)
    if ((flags & LISTED) !== 0) {
      if (!wasListed) this.#dropRemoved.run(owner, contact)
    } else if (wasListed) this.#rememberRemoval(owner, contact, version)
    return version
  }

  remove(domain: string, local: string, jid: string): number {
    const owner = this.#jids.find(ownerText(domain, local))
    if (owner === undefined) return 0
    const contact = this.#jids.find(jid)
    const removed = contact === undefined ? undefined : this.#remove.get(owner, contact)
    if (contact === undefined || removed === undefined)
      return (this.#version.get(owner)?.[0] as number | undefined) ?? 0
    const version = this.#nextVersion.get(owner)![0] as number
    if (isListed(removed)) this.#rememberRemoval(owner, contact, version)
    return version
  }

  changesSince(domain: string, local: string, since: number): Value {
    const owner = this.#jids.find(ownerText(domain, local))
    const state = owner === undefined ? undefined : this.#version.get(owner)
    if (owner === undefined || state === undefined) return since === 0 ? [0] : undefined
    const [version, floor] = state as [number, number]
    if (since > version || since < floor) return undefined
    if (since === version) return [version]
    return [version, ...flatItems(this.#changes.all(owner, since, owner, since))]
  }

  #rememberRemoval(owner: number, contact: number, version: number): void {
    this.#addRemoved.run(owner, contact, version)
    for (const [forgotten] of this.#pruneRemoved.all(owner)) this.#raiseFloor.run(owner, forgotten!)
  }
}

function isListed(row: Cell[] | undefined): boolean {
  return row !== undefined && ((row[0] as number) & LISTED) !== 0
}

function flatItems(rows: Cell[][]): Value[] {
  for (const row of rows) if (row[6] !== null) row[6] = unpack(row[6]!)
  return rows.flat()
}
