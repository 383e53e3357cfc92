/** Somebody in a room, as the room shows them (XEP-0045 7.2.2): one object for each state; a change makes another. */
import { intact } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import type { Presence } from '@rookery/protocol/stanza'
import type { Affiliation, MucItem, Role } from '@rookery/protocol/xeps/muc'
import { occupantId } from '@rookery/protocol/xeps/occupant-id'
import type { Element } from '@rookery/protocol/xml'

export class Occupant {
  readonly nick: string
  /** The address of the person, where the room shows it to us. */
  readonly jid: Jid | undefined
  readonly affiliation: Affiliation
  readonly role: Role
  /** As it came last. */
  readonly presence: Presence
  /** The same for as long as they stay, whatever nickname they take; another one for who takes the nickname afterwards. */
  readonly stay: string
  readonly #believed: () => boolean

  /** For the room. `believed`: whether the room vouches for occupant ids. */
  constructor(nick: string, presence: Presence, item: MucItem | undefined, stay: string, believed: () => boolean) {
    this.nick = nick
    this.jid = item?.jid
    this.affiliation = item?.affiliation ?? 'none'
    this.role = item?.role ?? 'participant'
    this.presence = presence
    this.stay = stay
    this.#believed = believed
  }

  /** Who they are in this room, whatever their nickname and whenever they come (XEP-0421); undefined where the room does not say. */
  get occupantId(): string | undefined {
    return this.#believed() ? occupantIdOf(this.presence.element) : undefined
  }

  /** `away`, `chat`, `dnd`, `xa`. */
  get show(): string | undefined {
    return this.presence.element.childText('show')
  }

  /** What they say of themselves. */
  get status(): string | undefined {
    return this.presence.element.childText('status')
  }
}

/** Of several, none is believed: a room that gives them replaces what others put there. [XEP-0421 4] */
export function occupantIdOf(stanza: Element): string | undefined {
  const found = stanza.childElements().filter(occupantId.matches)
  return found.length === 1 ? intact(occupantId.parse(found[0]!))?.id : undefined
}
