/**
 * One message that an earlier process gave to several sessions of an account was stored with each of them. Here they become one delivery
 * again, so that it is handed back once, and only if none of their clients has taken it.
 */
import type { QueuedStanza } from '@rookery/storage'
import { Delivery } from '../delivery.ts'
import type { Sent } from './line.ts'

export class SharedDeliveries {
  readonly #deliveries = new Map<string, Delivery>()

  /** What is left for one session. */
  of(local: string, queue: readonly QueuedStanza[]): Sent[] {
    const times = new Map<string, number>()
    return queue.map(({ seq, at, id, isTaken, stanza }) => {
      let delivery: Delivery | undefined
      if (stanza.startsWith('<message')) {
        // without an id, what is sent twice to one session in the same moment is two
        const what = id > 0 ? `${local} ${id}` : `${local} ${at} ${stanza}`
        const time = times.get(what) ?? 0
        times.set(what, time + 1)
        delivery = this.#shared(id > 0 ? what : `${time} ${what}`, at, id)
        if (isTaken) delivery.given()
      }
      return { seq, at, wire: stanza, delivery, isAsked: false, isStored: true }
    })
  }

  #shared(key: string, at: number, id: number): Delivery {
    let delivery = this.#deliveries.get(key)
    if (delivery === undefined) {
      delivery = new Delivery(undefined, at, id > 0 ? 'either' : 'nowhere', id)
      delivery.isStored = true
      this.#deliveries.set(key, delivery)
    }
    return delivery
  }
}
