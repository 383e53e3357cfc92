/** The requests a client makes of its own roster. RFC 6121 sections 2.2 to 2.6. */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import { StanzaError } from '@rookery/protocol/stanza'
import { roster as codec } from '@rookery/protocol/xeps/roster'
import type { Element } from '@rookery/protocol/xml'
import type { RosterItem, RosterStore } from '@rookery/storage'
import type { Limits } from '../../config/limits.ts'
import type { IqRequest } from '../../iq-request.ts'
import type { RosterStep } from '../../services/roster.ts'
import type { AccountRoster } from './account-roster.ts'
import { isInterested, type Pushes } from './pushes.ts'
import { type RosterSet, readRosterSet } from './read-set.ts'
import type { Rosters } from './rosters.ts'
import { wireItem } from './wire-item.ts'

/** Ends the subscriptions that an item which is gone stood for. */
export type EndSubscriptions = (local: string, contact: Jid, item: RosterItem) => Maybe<undefined>

export class Requests {
  readonly #rosters: Rosters
  readonly #store: RosterStore
  readonly #pushes: Pushes
  readonly #limits: Limits
  readonly #endSubscriptions: EndSubscriptions

  constructor(
    rosters: Rosters,
    store: RosterStore,
    pushes: Pushes,
    limits: Limits,
    endSubscriptions: EndSubscriptions,
  ) {
    this.#rosters = rosters
    this.#store = store
    this.#pushes = pushes
    this.#limits = limits
    this.#endSubscriptions = endSubscriptions
  }

  get({ payload, to, session }: IqRequest): Maybe<Element | undefined> {
    const known = versionOf(payload.attr('ver'))
    let pushLater: (() => void) | undefined
    const answer = this.#rosters.turn(to.local, (roster): Maybe<Element | undefined> => {
      session?.set(isInterested, true)
      if (known === undefined || session === undefined) return whole(roster)
      if (known === roster.version) return undefined // not even a query [RFC6121 2.6.3]
      return this.#store.changesSince(to.local, known).then((found) => {
        if (found === undefined || isWholeShorter(roster, found.changes.length)) return whole(roster)
        pushLater = () => this.#pushes.missed(session, found.changes)
        return undefined
      })
    })
    // the answer goes out as soon as its promise is there, the pushes one turn of promises later
    if (answer instanceof Promise) answer.then(nothing, nothing).then(() => pushLater?.())
    return answer
  }

  set({ payload, to }: IqRequest): Maybe<StanzaError | undefined> {
    const asked = readRosterSet(payload, to, this.#limits)
    if (asked instanceof StanzaError) return asked
    return this.#rosters.change(to.local, asked.contact, (item) =>
      asked.remove ? this.#removal(to.local, asked.contact, item) : { item: updated(asked, item) },
    )
  }

  #removal(local: string, contact: Jid, item: RosterItem | undefined): RosterStep | StanzaError {
    if (item === undefined || !item.listed) return new StanzaError('item-not-found', { type: 'modify' }) // [RFC6121 2.5.3]
    return {
      item: item.pendingIn === undefined ? undefined : forgotten(item),
      pushed: () => this.#endSubscriptions(local, contact, item), // [RFC6121 2.5.2]
    }
  }
}

const nothing = (): void => undefined

/** Name and groups exactly as given, the rest as it was. [RFC6121 2.4.1] */
function updated({ contact, name, groups }: RosterSet, before: RosterItem | undefined): RosterItem {
  const { name: _, ...rest } = before ?? { subscription: 'none', ask: false, approved: false, name: undefined }
  return { ...rest, jid: contact.toString(), groups, listed: true, ...(name === undefined ? {} : { name }) }
}

/** A request that was not answered yet outlives the item: it is still to be answered. */
function forgotten({ jid, pendingIn }: RosterItem): RosterItem {
  const request = pendingIn === undefined ? {} : { pendingIn }
  return { jid, groups: [], subscription: 'none', ask: false, approved: false, listed: false, ...request }
}

function whole(roster: AccountRoster): Element {
  const items = []
  for (const item of roster.items.values()) if (item.listed) items.push(wireItem(item))
  return codec.build({ ver: String(roster.version), items })
}

/** A push is about three times as long as an item of the whole. [RFC6121 2.6.3] */
function isWholeShorter(roster: AccountRoster, changes: number): boolean {
  return changes * 3 > roster.listed
}

/** One of the versions that are given out here; '' asks for the first one. [RFC6121 2.6.2] */
function versionOf(ver: string | undefined): number | undefined {
  if (ver === undefined || ver === '' || ver.length > 15) return undefined
  const version = Number(ver)
  return String(version) === ver && Number.isSafeInteger(version) && version >= 0 ? version : undefined
}
