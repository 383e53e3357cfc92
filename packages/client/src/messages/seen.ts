/** Which of the last messages have been seen: known again by the id of the archive, and by what the sender called it (XEP-0359). */
import { intact } from '@rookery/protocol/codec'
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
  readonly #rooms: Pick<ReadonlySet<string>, 'has'>
  /** With who still works on it. */
  readonly #keys: Map<string, undefined | Promise<undefined>> = new Map()

  constructor(rooms: Pick<ReadonlySet<string>, 'has'>) {
    this.#rooms = rooms
  }

  /** Runs once for each message. The answer: what deals with it, also where it comes again meanwhile. */
  once(
    stanza: Message,
    way: Way,
    from: Jid,
    account: Jid,
    run: () => undefined | Promise<undefined>,
  ): undefined | Promise<undefined> {
    const by = stanza.type === 'groupchat' ? from.bare : account
    const sender = stanza.type === 'groupchat' || this.#rooms.has(from.bare.toString()) ? from : from.bare
    const given = way.archived ?? stanzaIdBy(stanza.element, by)
    const origin = intact(originId.find(stanza.element))
    const keys = [given && `${by}\n${given}`, origin && `${sender}\n\n${origin.id}`]
    const known = keys.find((key) => this.#keys.has(key!))
    const work = known === undefined ? run() : this.#keys.get(known)
    for (const key of keys) if (key && key.length <= longest) this.#remember(key, work)
    return work
  }

  /** Whether it has been seen, by its id in the archive of `by`. */
  has(by: Jid, id: string): boolean {
    return this.#keys.has(`${by}\n${id}`)
  }

  /** For what has no id: whether this was asked before. */
  repeats(key: string): boolean {
    const isKnown = this.#keys.has(key)
    if (!isKnown) this.#remember(key, undefined)
    return isKnown
  }

  #remember(key: string, work: undefined | Promise<undefined>): void {
    this.#keys.set(key, work)
    if (this.#keys.size > remembered) this.#keys.delete(this.#keys.keys().next().value!)
    void work?.then(() => this.#keys.has(key) && this.#keys.set(key, undefined))
  }
}
