/** Whether we are still in a room (XEP-0410 1.1.0): after a silence, and when there is reason to doubt, the room is asked. */

import type { Jid } from '@rookery/protocol/jid'
import type { StanzaErrorCondition } from '@rookery/protocol/stanza'
import { ping } from '@rookery/protocol/xeps/ping'
import { RequestError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'
import type { RoomsEvents } from './events.ts'

/** Milliseconds in which nothing is heard of a room. [XEP-0410 2] */
const silence = 900_000
/** A room that cannot be reached is asked again so much later. */
const retryAfter = 60_000

/** We are there, whatever the client says that the question was passed on to. [XEP-0410 2] */
const inside: readonly StanzaErrorCondition[] = ['service-unavailable', 'feature-not-implemented', 'item-not-found']
/** Nothing is known. */
const unknown: readonly StanzaErrorCondition[] = ['remote-server-not-found', 'remote-server-timeout']

export class SelfPing {
  readonly #core: Core<RoomsEvents>
  readonly #self: () => Jid | undefined
  readonly #outside: () => void
  #stop: () => void = () => undefined
  #heard = 0
  #isOn = false
  #isAsking = false

  /** `self`: our address in the room, when we mean to be there and it is known. */
  constructor(core: Core<RoomsEvents>, self: () => Jid | undefined, outside: () => void) {
    this.#core = core
    this.#self = self
    this.#outside = outside
  }

  /** From now on. */
  start(): void {
    this.#isOn = true
    this.hear()
    this.#after(silence)
  }

  stop(): void {
    this.#isOn = false
    this.#stop()
  }

  /** Without a connection nothing is asked, and no timer keeps the program alive. */
  watch(isOnline: boolean): void {
    this.#stop()
    if (isOnline) this.#after(silence)
  }

  /** The room gave a sign of life. */
  hear(): void {
    this.#heard = this.#core.clock.now()
  }

  /** Asks now. */
  async check(): Promise<undefined> {
    const to = this.#self()
    if (to === undefined || this.#isAsking) return this.#after(retryAfter) // [XEP-0410 3] not while the nickname changes
    this.#isAsking = true
    const answer = await this.#core.request('get', ping.build({}), { to }).catch((error: unknown) => error)
    this.#isAsking = false
    if (this.#self()?.equals(to) !== true) return this.#after(retryAfter)
    const condition = answer instanceof RequestError ? answer.condition : undefined
    if (condition === undefined ? answer instanceof Error : unknown.includes(condition)) return this.#after(retryAfter)
    if (condition !== undefined && !inside.includes(condition)) return void this.#outside()
    this.start()
  }

  #after(milliseconds: number): undefined {
    this.#stop()
    if (!this.#isOn) return
    this.#stop = this.#core.clock.after(milliseconds, () => {
      const quiet = this.#core.clock.now() - this.#heard
      if (quiet < silence) this.#after(silence - quiet)
      else void this.check()
    })
  }
}
