/** What rooms tell of. A room has these events itself; the client has them for all rooms, as `room:…`. */
import type { Jid } from '@rookery/protocol/jid'
import type { ChatNote } from '../chat/index.ts'
import type { Exit } from './exit.ts'
import type { RoomInvitation } from './invitations.ts'
import type { Occupant } from './occupant.ts'
import type { Room } from './room.ts'
import type { RoomMessage } from './room-message.ts'

/** Which room it is about. */
export interface OfRoom {
  readonly room: Room
}

export interface RoomJoined extends OfRoom {
  /** We were in it before: it had lost us, or the session is another one. What was said meanwhile comes after this. */
  readonly again: boolean
  /**
   * What was said from then on (ms since 1970) may be missing: the room sends some of it, as much as it keeps for those who enter.
   * With the archive in use the rest is fetched, where the room has one.
   */
  readonly since: number
}

export interface RoomLeft extends OfRoom, Exit {}

/** Others come and go; how one fares oneself is told as well. */
export type OccupantChange = OfRoom &
  (
    | { readonly kind: 'came'; readonly occupant: Occupant }
    | { readonly kind: 'changed'; readonly occupant: Occupant; readonly before: Occupant }
    /** Another nickname: `before.nick` is the old one. */
    | { readonly kind: 'renamed'; readonly occupant: Occupant; readonly before: Occupant }
    | { readonly kind: 'went'; readonly occupant: Occupant; readonly exit: Exit }
  )

export interface RoomSubject {
  /** Empty where there is none. */
  readonly text: string
  /** The nickname of who set it, where it is known. */
  readonly by: string | undefined
  /** In ms since 1970. */
  readonly at: number
}

export interface RoomConfigured extends OfRoom {
  /** The codes of muc-status, e.g. 172: everybody sees all addresses from now on. [XEP-0045 10.2.1] */
  readonly statuses: readonly number[]
}

export interface RoomModerated extends OfRoom {
  /** Of the message that was taken back: what the room called it. */
  readonly stanzaId: string
  /** The nickname of the moderator, where the room tells. */
  readonly by: string | undefined
  readonly reason: string | undefined
}

export interface RoomDeclined extends OfRoom {
  /** Who does not come. */
  readonly from: Jid | undefined
  readonly reason: string | undefined
}

/** What an occupant says about a message, or does. Apply `isBySameAuthor` before a correction or a retraction. */
export type RoomNote<Kind extends ChatNote['kind']> = OfRoom & Extract<ChatNote, { readonly kind: Kind }>

export interface RoomEvents {
  readonly joined: RoomJoined
  /** Said to everybody. An answered promise holds back the acknowledgement. Corrections too, when nobody listens to `corrected`. */
  readonly message: RoomMessage
  /** Said to us alone. With `chat` in use it is a message of that, event `chat`, where nobody listens here; what is said about it is told by `chat:…`. */
  readonly whisper: RoomMessage
  readonly corrected: RoomNote<'corrected'>
  readonly retracted: RoomNote<'retracted'>
  readonly reactions: RoomNote<'reactions'>
  readonly displayed: RoomNote<'displayed'>
  readonly state: RoomNote<'state'>
  readonly subject: RoomSubject & OfRoom
  readonly occupant: OccupantChange
  readonly configured: RoomConfigured
  readonly moderated: RoomModerated
  readonly declined: RoomDeclined
  /** We are out, however it came about; after a `shutdown` or an `error` until `joined`, which follows when the room is there again. */
  readonly left: RoomLeft
  readonly kicked: RoomLeft
  readonly banned: RoomLeft
  readonly destroyed: RoomLeft
}

export type RoomsEvents = { readonly [K in keyof RoomEvents as `room:${K}`]: RoomEvents[K] } & {
  readonly 'room:invitation': RoomInvitation
}
