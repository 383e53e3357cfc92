/**
 * The rosters of one host: whatever is done with that of one account takes turns, because a change reads, decides and
 * waits for storage before it is there. Nothing is pushed before it is durable.
 */
import { type Maybe, then } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import { StanzaError } from '@rookery/protocol/stanza'
import type { RosterItem, RosterStore } from '@rookery/storage'
import type { Limits } from '../../config/limits.ts'
import type { RosterService, RosterStep } from '../../services/roster.ts'
import type { Session } from '../../session.ts'
import type { AccountRoster } from './account-roster.ts'
import type { Pushes } from './pushes.ts'
import { RosterCache } from './roster-cache.ts'

type Decide = (item: RosterItem | undefined) => RosterStep | StanzaError | undefined

const nothing = (): undefined => undefined

export class Rosters implements RosterService {
  readonly #store: RosterStore
  readonly #pushes: Pushes
  readonly #limits: Pick<Limits, 'rosterItems' | 'rosterRequests'>
  readonly #domain: string
  readonly #cache: RosterCache
  /** The last turn taken of each account that has one under way; never rejects. */
  readonly #turns = new Map<string, Promise<undefined>>()

  constructor(
    domain: string,
    store: RosterStore,
    pushes: Pushes,
    limits: Pick<Limits, 'rosterItems' | 'rosterRequests'>,
    isOnline: (local: string) => boolean,
  ) {
    this.#domain = domain
    this.#store = store
    this.#pushes = pushes
    this.#limits = limits
    this.#cache = new RosterCache(store, (local) => isOnline(local) || this.#turns.has(local))
  }

  items(local: string): Maybe<ReadonlyMap<string, RosterItem>> {
    return then(this.#cache.get(local), (roster) => roster.items)
  }

  item(local: string, contact: Jid): Maybe<RosterItem | undefined> {
    return then(this.#cache.get(local), (roster) => roster.items.get(contact.bare.toString()))
  }

  isSubscriber(local: string, who: Jid): Maybe<boolean> {
    if (who.local === local && who.domain === this.#domain) return true
    return then(this.item(local, who), (item) => item?.subscription === 'from' || item?.subscription === 'both')
  }

  interested(local: string): readonly Session[] {
    return this.#pushes.interested(local)
  }

  /** What is known without asking storage. */
  peek(local: string): AccountRoster | undefined {
    return this.#cache.peek(local)
  }

  release(local: string): void {
    this.#cache.release(local)
  }

  forget(local: string): void {
    this.#cache.forget(local)
  }

  /** Waits for the changes under way. */
  async settled(local: string): Promise<undefined> {
    for (let turn = this.#turns.get(local); turn !== undefined; turn = this.#turns.get(local)) await turn
    return undefined
  }

  /**
   * Does `work` with a roster that nobody else touches meanwhile. Who waits for the promise itself hears of its end
   * before the next turn sends anything.
   */
  turn<T>(local: string, work: (roster: AccountRoster) => Maybe<T>): Maybe<T> {
    const before = this.#turns.get(local)
    if (before !== undefined)
      return this.#occupy(
        local,
        before.then(() => then(this.#cache.get(local), work)),
      )
    const done = then(this.#cache.get(local), work)
    return done instanceof Promise ? this.#occupy(local, done) : done
  }

  change(local: string, contact: Jid, decide: Decide): Maybe<StanzaError | undefined> {
    const made = this.turn(local, (roster) => this.#apply(local, roster, contact.bare.toString(), decide))
    return then(made, (step) => {
      if (step === undefined || step instanceof StanzaError) return step
      return step.pushed?.()
    })
  }

  #apply(
    local: string,
    roster: AccountRoster,
    jid: string,
    decide: Decide,
  ): Maybe<RosterStep | StanzaError | undefined> {
    const before = roster.items.get(jid)
    const step = decide(before)
    if (step === undefined || step instanceof StanzaError) return step
    const { item } = step
    if (item === before) {
      step.durable?.()
      return step
    }
    if (item !== undefined && !this.#hasRoom(roster, before, item))
      return new StanzaError('policy-violation', { text: 'the roster is full' }) // [S99]
    const written = item === undefined ? this.#store.remove(local, jid) : this.#store.put(local, item)
    return written.then((version) => {
      roster.set(jid, item, version)
      step.durable?.()
      this.#pushes.changed(local, jid, before, item, version)
      return step
    })
  }

  #hasRoom(roster: AccountRoster, before: RosterItem | undefined, item: RosterItem): boolean {
    const { rosterItems, rosterRequests } = this.#limits
    if (item.listed) return before?.listed === true || rosterItems === 0 || roster.listed < rosterItems
    return before !== undefined || rosterRequests === 0 || roster.unlisted < rosterRequests
  }

  #occupy<T>(local: string, done: Promise<T>): Promise<T> {
    const settled: Promise<undefined> = done.then(nothing, nothing)
    this.#turns.set(local, settled)
    settled.then(() => {
      if (this.#turns.get(local) !== settled) return
      this.#turns.delete(local)
      this.#cache.release(local)
    })
    return done
  }
}
