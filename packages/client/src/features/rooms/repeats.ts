/** What a room says a second time when one comes back (XEP-0045 7.2.13): of rooms that give ids to messages, the client knows it by those. */
import type { Jid } from '@rookery/protocol/jid'
import { stanzaIdBy } from '@rookery/protocol/xeps/stanza-id'
import type { Element } from '@rookery/protocol/xml'

/** Rooms keep fewer. */
const most = 500
const longest = 200

export class Repeats {
  readonly #room: Jid
  readonly #known: Set<string> = new Set()

  constructor(room: Jid) {
    this.#room = room
  }

  /** Only what is said again is: people repeat themselves, and some clients repeat ids. */
  isRepeated(message: Element, isPast: boolean): boolean {
    const body = message.childText('body')
    if (body === undefined || stanzaIdBy(message, this.#room) !== undefined) return false
    const key = [message.attr('from'), message.attr('id'), body.length, body.slice(0, longest)].join('\n')
    if (this.#known.has(key)) return isPast
    this.#known.add(key)
    if (this.#known.size > most) for (const first of this.#known) return !this.#known.delete(first)
    return false
  }
}
