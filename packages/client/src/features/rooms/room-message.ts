/** What was said in a room, or whispered to us by an occupant. */
import type { ReceivedMessage, SentMessage } from '../../messages/index.ts'
import { ChatMessage, type Target, unnamed } from '../chat/index.ts'
import { type Occupant, occupantIdOf } from './occupant.ts'
import type { Room } from './room.ts'

export class RoomMessage extends ChatMessage {
  readonly room: Room
  /** Who said it; empty when the room itself did. */
  readonly nick: string
  /** As they were when it came; undefined for what was said before we came, and for what the room says. */
  readonly occupant: Occupant | undefined
  /** Said before we came, or while we were away. */
  readonly isHistory: boolean
  /** Who said it, whatever their nickname (XEP-0421); undefined where the room does not vouch for it. */
  readonly occupantId: string | undefined

  /** For the room. `comesBack`: it is the one that we have sent. */
  constructor(room: Room, received: ReceivedMessage, comesBack = false) {
    const { type, from, element, way } = received
    const isRoom = type === 'groupchat'
    const isHistory = way.isPast === true // its sender may be gone
    const occupant = isHistory ? undefined : room.occupants.get(from.resource)
    const occupantId = room.knowsOccupants ? occupantIdOf(element) : undefined
    const isSelf = isHistory
      ? occupantId !== undefined && occupantId === room.self?.occupantId
      : from.resource === room.nick
    super(received, {
      peer: isRoom ? room.address : from,
      author: authorOf(received, occupantId, occupant),
      isOwn: comesBack || isSelf,
      isRoom,
      archive: isRoom && room.keepsIds ? room.address : undefined,
    })
    this.room = room
    this.nick = from.resource
    this.occupant = occupant
    this.occupantId = occupantId
    this.isHistory = isHistory
  }
}

/** Never the nickname, which anybody may take. Of whom nothing is known is the same as nobody. */
function authorOf(received: ReceivedMessage, occupantId: string | undefined, occupant: Occupant | undefined): string {
  if (received.from.isBare) return 'room'
  if (occupantId !== undefined) return `id:${occupantId}`
  if (occupant?.jid !== undefined) return `jid:${occupant.jid.bare}`
  return occupant === undefined ? `unknown:${unknowns++}` : `stay:${occupant.stay}`
}

let unknowns = 0

/** By it others in the room refer to a message. */
export function stanzaIdOf(message: RoomMessage | SentMessage | Pick<Target, 'id'> | string): string {
  if (typeof message === 'string') return message || unnamed()
  if (typeof message !== 'object' || message === null) return unnamed()
  return ('stanzaId' in message ? message.stanzaId : message.id) ?? unnamed()
}
