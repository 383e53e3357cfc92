/** What only those need who look after rooms (XEP-0045 8 to 10): in an extension of its own, as most applications do without. */
import type { Jid } from '@rookery/protocol/jid'
import { readJid } from '../../contract/address.ts'
import { type Core, defineExtension, type Extension, events } from '../../contract/extension.ts'
import { messages } from '../../messages/index.ts'
import { Room, rooms } from '../rooms/index.ts'
import { RoomAdmin } from './room-admin.ts'
import { readVoiceRequest, type VoiceRequest } from './voice.ts'

export { RoomConfiguration, type RoomSetting, type RoomSettings, roomSettings } from './configuration.ts'
export type { ChangeOptions, Person, RoomListing } from './lists.ts'
export { type DestroyOptions, type Nicks, RoomAdmin, type Whom } from './room-admin.ts'
export type { VoiceRequest } from './voice.ts'

export type RoomAdminEvents = {
  /** Somebody in a room that we moderate asks to speak. */
  readonly 'room:voice': VoiceRequest
}

export class RoomAdmins {
  readonly #core: Core<RoomAdminEvents>

  constructor(core: Core<RoomAdminEvents>) {
    this.#core = core
    const joined = core.use(rooms)
    core.use(messages).onMessage(({ id, type, from, element, way }) => {
      if (type === 'groupchat' || type === 'error' || !from.isBare || way.carbon !== undefined) return undefined
      const room = joined.joined.find(({ address }) => address.equals(from))
      const answer = (form: Parameters<typeof readVoiceRequest>[1]): void =>
        void core.use(messages).post(from, [form], { type: 'normal', id }) // [XEP-0045 8.6]
      const request = room && readVoiceRequest(room, element, answer)
      return request && (core.emit('room:voice', request) ?? true)
    })
  }

  /** A room, in it or not. */
  of(room: Room | Jid | string): RoomAdmin {
    return new RoomAdmin(this.#core, room instanceof Room ? room.address : readJid(room).bare)
  }
}

/** `client.roomAdmin.of(room)`: lists, affiliations and roles, configuration, registration, the right to speak. */
export const roomAdmin: Extension<'roomAdmin', RoomAdmins, RoomAdminEvents> = defineExtension({
  name: 'roomAdmin',
  events: events<RoomAdminEvents>(),
  start: (core) => new RoomAdmins(core),
})
