/** What is held back from one inactive client. In order; a newer presence of the same resource replaces the older one. Bounded. XEP-0352 1.0.0. */
import type { Stanza } from '@rookery/protocol/stanza'
import type { Holdback, Session } from '../../session.ts'
import { LATER, NOW, type Policy, waitOf } from './waits.ts'

export interface Bounds {
  readonly stanzas: number
  readonly bytes: number
}

export class Held implements Holdback {
  readonly #session: Session
  readonly #policy: Policy
  readonly #bounds: Bounds
  readonly #own: string
  /** By what replaces them, or by their number. */
  readonly #waiting = new Map<string | number, string>()
  #count = 0
  #bytes = 0

  constructor(session: Session, policy: Policy, bounds: Bounds) {
    this.#session = session
    this.#policy = policy
    this.#bounds = bounds
    this.#own = session.jid.wire
  }

  take(wire: string, stanza: Stanza | undefined): boolean {
    const wait = waitOf(wire, stanza, this.#own, this.#policy)
    if (wait === NOW) {
      this.flush()
      return false
    }
    const key = wait === LATER ? this.#count++ : wait
    const older = this.#waiting.get(key)
    if (older !== undefined) {
      this.#waiting.delete(key) // it takes its place at the end: what came between may be about it
      this.#bytes -= older.length
    }
    this.#waiting.set(key, wire)
    this.#bytes += wire.length
    if (this.#waiting.size > this.#bounds.stanzas || this.#bytes > this.#bounds.bytes) this.flush()
    return true
  }

  flush(): void {
    if (this.#waiting.size === 0) return
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    this.#bytes = 0
    for (const wire of waiting) this.#session.sendHeldBack(wire)
  }
}
