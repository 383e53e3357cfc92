/** Who is in a room, kept by what the room says. While one enters, a list is made anew; it counts once one's own presence has ended it. */
import type { Presence } from '@rookery/protocol/stanza'
import type { MucItem, MucUser } from '@rookery/protocol/xeps/muc'
import { MUC_NICK_CHANGED } from '@rookery/protocol/xeps/muc-status'
import { readExit } from './exit.ts'
import { Occupant } from './occupant.ts'

/** So many are kept; who comes when there are more is not. */
const most = 10_000

export type Change =
  | { readonly kind: 'came'; readonly occupant: Occupant }
  | { readonly kind: 'changed' | 'renamed'; readonly occupant: Occupant; readonly before: Occupant }
  | { readonly kind: 'went'; readonly occupant: Occupant; readonly exit: ReturnType<typeof readExit> }

export class Occupants {
  #present: Map<string, Occupant> = new Map()
  /** Those of a list that is not complete. */
  #coming: Map<string, Occupant> | undefined
  #stays = 0
  readonly #believed: () => boolean

  constructor(believed: () => boolean) {
    this.#believed = believed
  }

  get present(): ReadonlyMap<string, Occupant> {
    return this.#present
  }

  /** A list begins. */
  begin(): void {
    this.#coming = new Map()
  }

  /** The list is complete: what differs from the one before. */
  end(): Change[] {
    const before = this.#present
    this.#present = this.#coming ?? before
    this.#coming = undefined
    const changes: Change[] = []
    for (const [nick, occupant] of before)
      if (!this.#present.has(nick)) changes.push({ kind: 'went', occupant, exit: { cause: 'left' } })
    for (const [nick, occupant] of this.#present) if (!before.has(nick)) changes.push({ kind: 'came', occupant })
    return changes
  }

  clear(): void {
    this.#present = new Map()
    this.#coming = undefined
  }

  available(nick: string, presence: Presence, item: MucItem | undefined): Change | undefined {
    const map = this.#coming ?? this.#present
    const before = map.get(nick) // while we were away somebody else may have taken the nickname
    const occupant = new Occupant(nick, presence, item, before?.stay ?? String(this.#stays++), this.#believed)
    if (map.size < most || map.has(nick)) map.set(nick, occupant)
    if (this.#coming !== undefined) return undefined
    return before === undefined ? { kind: 'came', occupant } : { kind: 'changed', occupant, before }
  }

  unavailable(nick: string, presence: Presence, user: MucUser): Change | undefined {
    const map = this.#coming ?? this.#present
    const before = map.get(nick)
    if (before === undefined) return undefined // a member who is not there [XEP-0045 13.2]
    map.delete(nick)
    const [item] = user.items
    const next = item?.nick
    if (user.statuses.includes(MUC_NICK_CHANGED) && next !== undefined && next !== '') {
      // [XEP-0045 7.6] the same person: their presence under the new nickname follows
      const { stay } = before
      const occupant = new Occupant(next, before.presence, { ...before, ...item }, stay, this.#believed)
      map.set(next, occupant)
      return this.#coming === undefined ? { kind: 'renamed', occupant, before } : undefined
    }
    if (this.#coming !== undefined) return undefined
    return { kind: 'went', occupant: before, exit: readExit(user, presence.element.childText('status')) }
  }
}
