/**
 * One message that an earlier process gave to several sessions of an account was stored with each of them. Here they become one delivery
 * again, so that it is handed back once, and only if none of their clients has taken it.
 */
import type { QueuedStanza } from '@rookery/storage'
import { Delivery } from '../delivery.ts'
import type { Sent } from './management.ts'

export class SharedDeliveries {
  readonly #deliveries = new Map<string, Delivery>()

  /** What is left for one session. */
  of(local: string, queue: readonly QueuedStanza[]): Sent[] {
    const times = new Map<string, number>()
    return queue.map(({ seq, at, stanza }) => {
      let delivery: Delivery | undefined
      if (stanza.startsWith('<message')) {
        // sent twice to one session in the same moment these are two
        const what = `${local} ${at} ${stanza}`
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
