/** Invitations into rooms: through the room (XEP-0045 7.8.2), and past it (XEP-0249). */
import { intact } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import { invitation } from '@rookery/protocol/xeps/invitation'
import { type MucUser, mucUser } from '@rookery/protocol/xeps/muc'
import type { Element } from '@rookery/protocol/xml'
import type { ReceivedMessage } from '../../messages/index.ts'

export interface RoomInvitation {
  readonly room: Jid
  /** Who invites: as the room says, or who sent it. */
  readonly from: Jid | undefined
  readonly reason: string | undefined
  /** To enter with. */
  readonly password: string | undefined
  /** The chat of two that goes on in the room. */
  readonly thread: string | undefined
  /** Past the room, which does not know of it: there is nobody to decline to. */
  readonly isDirect: boolean
  /** When it was sent, in ms since 1970: it may have waited in the archive. */
  readonly at: number
}

/** Also one that we have sent. */
export function readInvitation({ element, from, type, at, isOwn }: ReceivedMessage): RoomInvitation | undefined {
  if (type === 'groupchat' || type === 'error') return undefined
  const user = intact(mucUser.find(element))
  const invite = user?.invites[0]
  if (user !== undefined && invite !== undefined) {
    // a room speaks from its bare address, which no account's client can do: others have no say here [XEP-0045 7.8.2]
    if (!isOwn && (!from.isBare || from.isDomain)) return undefined
    const { from: inviter, reason, continue: goesOn } = invite
    return { room: from, from: inviter, reason, password: user.password, thread: goesOn?.thread, isDirect: false, at }
  }
  const direct = intact(invitation.find(element))
  if (direct === undefined || from.isBare) return undefined
  const { jid, reason, password, thread } = direct
  return { room: jid.bare, from, reason, password, thread, isDirect: true, at }
}

export interface InviteOptions {
  /** For people to read. */
  readonly reason?: string | undefined
  /** The chat of two that goes on in the room. */
  readonly thread?: string | undefined
}

/** What is sent to the room. */
export function mediated(to: Jid, { reason, thread }: InviteOptions): Element {
  return user({ invites: [{ to, reason, continue: thread === undefined ? undefined : { thread } }] })
}

/** What is sent to whom is invited. */
export function direct(jid: Jid, password: string | undefined, { reason, thread }: InviteOptions): Element {
  return invitation.build({ jid, password, reason, thread, continue: thread === undefined ? undefined : true })
}

export function user(value: Partial<MucUser>): Element {
  return mucUser.build({ items: [], statuses: [], invites: [], ...value })
}
