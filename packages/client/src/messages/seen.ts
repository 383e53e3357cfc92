/** Which of the last messages have been seen: known again by the id of the archive, and by what the sender called it (XEP-0359). */
import { intact } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { originId, stanzaIdBy } from '@rookery/protocol/xeps/stanza-id'
import type { Way } from './received-message.ts'

/** The last 5,000 messages are known again when they come twice; they have two ids each. */
const remembered = 10_000
/** With the address before it. Longer ids are nobody's honest ones, and would fill the memory. */
const longest = 2_000

export class Seen {
  /** Who speaks from there is an occupant, and no contact. */
  readonly #rooms: Pick<ReadonlySet<string>, 'has'>
  /** Of those that somebody still works on, which are never forgotten: who. */
  readonly #inHand: Map<string, Promise<undefined>> = new Map()
  readonly #done: Set<string> = new Set()

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
    const known = keys.find((key) => this.#knows(key!))
    const work = known === undefined ? run() : this.#inHand.get(known)
    for (const key of keys) if (key) this.#remember(key, work)
    return work
  }

  /** Whether it has been seen, by its id in the archive of `by`. */
  has(by: Jid, id: string): boolean {
    return this.#knows(`${by}\n${id}`)
  }

  /** For what has no id: whether this was asked before. */
  repeats(key: string): boolean {
    const isKnown = this.#knows(key)
    this.#remember(key)
    return isKnown
  }

  #knows(key: string): boolean {
    return this.#inHand.has(key) || this.#done.has(key)
  }

  #remember(key: string, work?: undefined | Promise<undefined>): void {
    if (key.length > longest) return
    if (work !== undefined) {
      this.#inHand.set(key, work)
      void work.then(() => {
        this.#inHand.delete(key)
        this.#remember(key)
      })
    } else if (this.#done.add(key).size > remembered) this.#done.delete(this.#done.values().next().value!)
  }
}
