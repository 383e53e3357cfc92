/** A trip as the corridor sees it, and what the archive phase makes of it. */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { Message, Stanza } from '@rookery/protocol/stanza'
import type { Delivery } from './delivery.ts'
import type { Session } from './session.ts'
import { type TripSlot, tripMemory } from './slot.ts'
import type { Duplicate, Kept, Trip } from './trip.ts'

export const nobody: readonly Session[] = []

/** A trip as the corridor sees it. */
export class Walk<S extends Stanza> implements Trip<S> {
  stanza: S
  readonly side: 'out' | 'in'
  readonly account: Jid
  readonly origin: Session | undefined
  readonly at: number | undefined
  id = 0
  kept: Kept | undefined
  reached: readonly Session[] = nobody
  delivery: Delivery | undefined
  /** A promise until this side has made durable what it keeps; `note` is to be told what it resolves with. */
  durable: Maybe<Noted>
  /** By the index of the slot; a map weakly held would cost the garbage collector dearly. */
  #memory: unknown[] | undefined

  constructor(stanza: S, side: 'out' | 'in', account: Jid, origin: Session | undefined, at?: number) {
    this.stanza = stanza
    this.side = side
    this.account = account
    this.origin = origin
    this.at = at
  }

  recall<T>(slot: TripSlot<T>): T | undefined {
    return this.#memory?.[slot.index] as T | undefined
  }

  remember<T>(slot: TripSlot<T>, value: T | undefined): void {
    this.#memory ??= tripMemory()
    this.#memory[slot.index] = value
  }
}

export type Noted = Kept | Duplicate | undefined

/** Two features keep something of one side. */
export function bothNoted(one: Promise<Noted>, other: Promise<Noted>, walk: Walk<Message>): Promise<undefined> {
  return Promise.all([one, other]).then((all) => {
    for (const kept of all) note(kept, walk)
    return undefined
  })
}

export function note(kept: Noted, walk: Walk<Message>): void {
  if (typeof kept === 'object') {
    walk.stanza = kept.earlier
    walk.id = kept.id
  }
  if (walk.kept !== 'duplicate') walk.kept = typeof kept === 'object' ? 'duplicate' : (kept ?? walk.kept)
}
