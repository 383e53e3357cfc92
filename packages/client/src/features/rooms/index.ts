/** Rooms: Multi-User Chat (XEP-0045) and what belongs to it. See rooms.ts and room.ts. */
import { INVITATION_NS } from '@rookery/protocol/xeps/invitation'
import { MUC_NS } from '@rookery/protocol/xeps/muc'
import { defineExtension, type Extension, events } from '../../contract/extension.ts'
import type { RoomsEvents } from './events.ts'
import { Rooms } from './rooms.ts'

export type {
  OccupantChange,
  OfRoom,
  RoomConfigured,
  RoomDeclined,
  RoomEvents,
  RoomJoined,
  RoomLeft,
  RoomModerated,
  RoomNote,
  RoomSubject,
  RoomsEvents,
} from './events.ts'
export type { Exit, ExitCause } from './exit.ts'
export type { InviteOptions, RoomInvitation } from './invitations.ts'
export type { RoomState } from './membership.ts'
export { Occupant } from './occupant.ts'
export { administer, type RoomSetup } from './owner.ts'
export { type JoinOptions, Room, type RoomSendOptions } from './room.ts'
export type { RoomInfo } from './room-info.ts'
export { RoomMessage, stanzaIdOf } from './room-message.ts'
export { Rooms } from './rooms.ts'

export const rooms: Extension<'rooms', Rooms, RoomsEvents> = defineExtension({
  name: 'rooms',
  features: [MUC_NS, INVITATION_NS],
  events: events<RoomsEvents>(),
  start: (core) => new Rooms(core),
})
