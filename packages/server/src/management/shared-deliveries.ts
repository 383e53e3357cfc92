/**
 * One message that an earlier process gave to several sessions of an account was stored with each of them. Here they become one delivery
 * again, so that it is handed back once, and only if none of their clients has taken it.
 */
import type { QueuedStanza } from '@rookery/storage'
import { Delivery } from '../delivery.ts'
import type { Sent } from './management.ts'

/** Of messages in the archive of their recipient, as the archive room writes it. [XEP-0359 3] */
const archiveMark = "<stanza-id xmlns='urn:xmpp:sid:0'"

export class SharedDeliveries {
  readonly #deliveries = new Map<string, Delivery>()

  /** What is left for one session. */
  of(local: string, queue: readonly QueuedStanza[]): Sent[] {
    const times = new Map<string, number>()
    return queue.map(({ seq, at, stanza }) => {
      let delivery: Delivery | undefined
      if (stanza.startsWith('<message')) {
        // by its id in the archive, which copies have as well; without, what is sent twice to one session in the same moment is two
        const id = stanza.lastIndexOf(archiveMark)
        const what = id < 0 ? `${local} ${at} ${stanza}` : `${local} ${stanza.slice(id, stanza.indexOf('/>', id))}`
        const time = times.get(what) ?? 0
        times.set(what, time + 1)
        delivery = this.#shared(`${time} ${what}`, at)
      }
      return { seq, at, wire: stanza, delivery, isAsked: false, isStored: true }
    })
  }

  #shared(key: string, at: number): Delivery {
    let delivery = this.#deliveries.get(key)
    if (delivery === undefined) {
      delivery = new Delivery(undefined, at, false)
      this.#deliveries.set(key, delivery)
    }
    return delivery
  }
}
