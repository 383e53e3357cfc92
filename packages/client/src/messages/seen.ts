/** Which of the last messages have been seen: known again by the id of the archive, and by what the sender called it (XEP-0359). */
import { isBroken } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { originId, stanzaIdBy } from '@rookery/protocol/xeps/stanza-id'
import type { Way } from './received-message.ts'

/** So many of the last messages are known again when they come twice. */
const remembered = 5_000
/** With the address before it. Longer ids are nobody's honest ones, and would fill the memory. */
const longest = 4_000

export class Seen {
  /** Who speaks from there is an occupant, and no contact. */
  readonly #rooms: ReadonlySet<string>
  readonly #keys: Set<string> = new Set()

  constructor(rooms: ReadonlySet<string>) {
    this.#rooms = rooms
  }

  /** Whether it was seen before; it is from now on. */
  has(stanza: Message, way: Way, from: Jid, account: Jid): boolean {
    const by = stanza.type === 'groupchat' ? from.bare : account
    const sender = stanza.type === 'groupchat' || this.#rooms.has(from.bare.toString()) ? from : from.bare
    const given = way.archived ?? stanzaIdBy(stanza.element, by)
    const origin = originId.find(stanza.element)
    const known = given !== undefined && this.#remembers(`${by}\n${given}`)
    const repeated = origin !== undefined && !isBroken(origin) && this.#remembers(`${sender}\n\n${origin.id}`)
    return known || repeated
  }

  #remembers(key: string): boolean {
    if (key.length > longest) return false
    if (this.#keys.has(key)) return true
    this.#keys.add(key)
    if (this.#keys.size > remembered) for (const first of this.#keys) return !this.#keys.delete(first)
    return false
  }
}
