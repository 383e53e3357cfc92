/** Roster pushes: to the sessions that asked for the roster, in the order of the changes. RFC 6121 sections 2.1.6 and 2.6.3. */
import { jid as address } from '@rookery/protocol/jid'
import { iq } from '@rookery/protocol/stanza'
import { roster } from '@rookery/protocol/xeps/roster'
import type { RosterChange, RosterItem } from '@rookery/storage'
import type { RandomPower, SessionsPower } from '../../powers.ts'
import type { Session } from '../../session.ts'
import { type Slot, slot, yesOrNo } from '../../slot.ts'
import { wireItem } from './wire-item.ts'

/** The session asked for the roster and is told of changes from then on. [RFC6121 2.2] */
export const isInterested: Slot<boolean> = slot('roster:interested', 'resumption', () => false, yesOrNo)

export class Pushes {
  readonly #sessions: SessionsPower
  readonly #random: RandomPower

  constructor(sessions: SessionsPower, random: RandomPower) {
    this.#sessions = sessions
    this.#random = random
  }

  interested(local: string): readonly Session[] {
    return this.#sessions.of(local).filter((session) => session.peek(isInterested) === true)
  }

  /** Tells what became of an item that is listed, or was. */
  changed(
    local: string,
    jid: string,
    before: RosterItem | undefined,
    after: RosterItem | undefined,
    version: number,
  ): void {
    const isListed = after?.listed === true
    if (!isListed && before?.listed !== true) return
    if (isListed && before?.listed === true && before.pendingIn !== after.pendingIn && looksTheSame(before, after))
      return
    const sessions = this.interested(local)
    if (sessions.length > 0) this.#push(sessions, { version, jid, ...(isListed ? { item: after } : {}) })
  }

  /** What one client missed, oldest first. [RFC6121 2.6.3] */
  missed(session: Session, changes: readonly RosterChange[]): void {
    for (const change of changes) if (!session.isEnded) this.#push([session], change)
  }

  #push(sessions: readonly Session[], { version, jid, item }: RosterChange): void {
    const items = [
      item === undefined ? { jid: address(jid), subscription: 'remove' as const, groups: [] } : wireItem(item),
    ]
    // RFC 6121 2.1.6 lets a push come without from; clients in use take it for a forgery then, so it is always there
    const push = iq(
      sessions[0]!.account,
      undefined,
      'set',
      this.#random.id(),
      roster.build({ ver: String(version), items }),
    )
    for (const session of sessions) session.sendWire(push.wire(session.jid))
  }
}

/** What a client is told of both is the same: only the request that waits is another. [RFC6121 2.6.3] */
function looksTheSame(a: RosterItem, b: RosterItem): boolean {
  return a.subscription === b.subscription && a.ask === b.ask && a.approved === b.approved
}
