/**
 * What happens to a message on its way through the phases: is it to be archived, under which id, and then it is. One trip each side;
 * what an account sends to itself passes twice and is kept once. XEP-0313 1.1.3 sections 3.4 and 6.1.1.
 */
import { type Maybe, then, thenWith } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { retractedBy } from '@rookery/protocol/xeps/retraction'
import type { ArchiveStore, NewArchiveEntry } from '@rookery/storage'
import type { AccountDocuments } from '../../account-documents.ts'
import type { ArchiveIds } from '../../archive-ids.ts'
import type { SessionsPower } from '../../powers.ts'
import type { RosterService } from '../../services/roster.ts'
import { type TripSlot, tripSlot } from '../../slot.ts'
import type { Spool } from '../../spool.ts'
import type { Duplicate, Kept, Trip } from '../../trip.ts'
import type { Names } from './names.ts'
import type { Preferences } from './preferences.ts'
import { isArchivedType, isWorthKeeping } from './rules.ts'
import { originOf, withoutForgedIds, withStanzaId } from './stanza-ids.ts'
import { tombstoneOf } from './tombstone.ts'

/** A message that its account wants to have archived, as far as it has come. */
class Plan {
  /** Known once it is clear that there is something to keep. */
  id: number | undefined
  /** As it is kept: without the id that the account's own clients are told. */
  bare: Message | undefined
  stamped: Message | undefined
  /** How it went, for the other side of the same account. */
  kept: Promise<Kept | Duplicate> | undefined
}

const plans: TripSlot<Plan> = tripSlot('archive:plan')

export interface KeepingParts {
  readonly store: ArchiveStore
  readonly ids: ArchiveIds
  readonly spool: Pick<Spool, 'remove'>
  readonly names: () => Names
  readonly preferences: AccountDocuments<Preferences>
  readonly sessions: SessionsPower
  readonly roster: () => RosterService
}

export class Keeping {
  readonly #parts: KeepingParts
  /** What an account sends to itself, between its two sides. */
  readonly #toSelf = new WeakMap<Message, Plan>()

  constructor(parts: KeepingParts) {
    this.#parts = parts
  }

  /** Waits for what must be known of the account's wishes; refuses nothing. */
  readonly screen = (trip: Trip): Maybe<undefined> => {
    const { stanza, side, account } = trip
    if (stanza.kind !== 'message' || !isArchivedType(stanza)) return undefined
    const contact = side === 'out' ? stanza.to : stanza.from
    if (contact === undefined || (side === 'in' && this.#isRefused(stanza))) return undefined
    const own = side === 'in' ? this.#toSelf.get(stanza) : undefined
    if (own !== undefined) {
      trip.remember(plans, own)
      return undefined
    }
    return thenWith(this.#parts.preferences.of(account.local), trip, this.#plan)
  }

  readonly #plan = (preferences: Preferences, trip: Trip): Maybe<undefined> => {
    const { stanza, side, account } = trip
    const contact = (side === 'out' ? stanza.to : stanza.from)!
    const wish = preferences.wishFor(contact)
    if (wish === 'never') return undefined
    // always for oneself: nobody is in the own roster
    if (wish === 'roster' && !contact.bare.equals(account)) return this.#planIfListed(trip, contact.bare)
    trip.remember(plans, new Plan())
    return undefined
  }

  /** [XEP-0441 2.3.1] */
  #planIfListed(trip: Trip, contact: Jid): Maybe<undefined> {
    return then(this.#parts.roster().item(trip.account.local, contact), (item) => {
      if (item?.listed === true) trip.remember(plans, new Plan())
      return undefined
    })
  }

  /** The recipient's clients are told the id; those who may not ask the archive are not. [XEP-0313 3.4] */
  readonly stamp = (trip: Trip<Message>): Message | undefined => {
    const { side, account } = trip
    const message = withoutForgedIds(trip.stanza, account)
    const plan = trip.recall(plans)
    if (plan === undefined) return message
    if (plan.id === undefined) {
      if (!isWorthKeeping(message)) {
        trip.remember(plans, undefined)
        return message
      }
      plan.id = this.#parts.ids.next()
    }
    trip.id = plan.id
    if (side === 'out') return message
    plan.bare = message
    plan.stamped = withStanzaId(message, account, this.#parts.names().nameOfNew(plan.id))
    return plan.stamped
  }

  readonly archive = (trip: Trip<Message>): Maybe<Kept | Duplicate | undefined> => {
    const plan = trip.recall(plans)
    if (plan?.id === undefined) return undefined
    if (plan.kept !== undefined) return plan.kept
    const { stanza, side, account } = trip
    plan.kept = this.#keep(account, side, asKept(plan, stanza, account), plan.id)
    if (side === 'out' && stanza.to!.bare.equals(account)) this.#toSelf.set(stanza, plan)
    return plan.kept
  }

  /** Under which name the message of a trip is kept. */
  idOf(trip: Trip<Message>): { by: Jid; id: string } | undefined {
    const id = trip.kept === 'kept' ? trip.recall(plans)?.id : undefined
    return id === undefined ? undefined : { by: trip.account, id: this.#parts.names().nameOf(id) }
  }

  /** What is not delivered to its recipient is not kept for it. [RFC6121 8.5.3.2.1, XEP-0313 6.1] */
  #isRefused({ type, to }: Message): boolean {
    return type !== 'chat' && to?.isFull === true && this.#parts.sessions.find(to) === undefined
  }

  #keep(account: Jid, side: 'out' | 'in', message: Message, id: number): Promise<Kept | Duplicate> {
    const { store, ids } = this.#parts
    const { local } = account
    const peer = (side === 'out' ? message.to! : message.from!).bare.toString()
    const isOut = side === 'out'
    const at = ids.timeOf(id)
    const origin = originOf(message.element)
    const retraction = this.#retract(local, peer, isOut, message, at)
    const entry = { id, at, peer, isOut, stanza: message.wire() }
    const kept =
      origin === undefined
        ? store.append(local, entry).then(asNew) // only what its sender has named can be there already
        : this.#keepOnce(account, message, { ...entry, origin })
    return retraction === undefined ? kept : Promise.all([kept, retraction]).then(([how]) => how)
  }

  #keepOnce(account: Jid, message: Message, entry: NewArchiveEntry): Promise<Kept | Duplicate> {
    return this.#parts.store.append(account.local, entry).then((earlier): Kept | Duplicate => {
      if (earlier === undefined) return 'kept'
      if (entry.isOut) return 'duplicate'
      return { earlier: withStanzaId(message, account, this.#parts.names().nameOf(earlier)), id: earlier }
    })
  }

  /**
   * Puts a tombstone in the place of what the same author wrote to the same reader before; others cannot take it back. When the
   * retraction is acknowledged, the message is gone, also for who was away and did not get it yet. [XEP-0424 4, 5, S60]
   */
  #retract(local: string, peer: string, isOut: boolean, message: Message, at: number): Promise<void> | undefined {
    const name = retractedBy(message.element)
    const by = message.id ?? originOf(message.element)
    if (name === undefined || by === undefined || by === '') return undefined
    const { store, spool } = this.#parts
    return store.find(local, peer, isOut, name).then(async (found) => {
      const tombstone = found === undefined ? undefined : tombstoneOf(found.stanza, by, at)
      if (tombstone === undefined) return
      await store.replace(local, found!.id, tombstone)
      await spool.remove(local, [found!.id])
    })
  }
}

const asNew = (): 'kept' => 'kept'

/** The message as another feature may have left it after our stamp, without the id of its own archive. */
function asKept(plan: Plan, stanza: Message, account: Jid): Message {
  return plan.bare !== undefined && plan.stamped === stanza ? plan.bare : withoutForgedIds(stanza, account)
}
