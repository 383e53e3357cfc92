/**
 * Stanzas of the client: how many were received, and how many of them it was told to be safe, in answer to its requests. What it was told is stored
 * before. XEP-0198 1.6.3 section 4.
 */
import { type Maybe, then } from '@rookery/protocol'
import { onWire } from '@rookery/protocol/stream'
import { acknowledgement } from '@rookery/protocol/xeps/management'
import type { Lane } from '../lane.ts'
import type { Keeper } from './keeper.ts'
import type { Line } from './line.ts'

export interface HandledParts {
  readonly lane: Lane
  /** None where the session cannot be resumed. */
  readonly keeper: Keeper | undefined
}

export class Handled {
  readonly #parts: HandledParts
  #line: Line | undefined
  #received: number
  #confirmed: number
  /** Requests of the client that wait for their answer. */
  #requests = 0
  /** Until no request waits any more. */
  #confirming: Promise<undefined> | undefined

  /** `before`: by an earlier process, and told by it. */
  constructor(parts: HandledParts, before: number) {
    this.#parts = parts
    this.#received = this.#confirmed = before
  }

  get received(): number {
    return this.#received
  }

  /** How many of these the client was told to be safe. */
  get confirmed(): number {
    return this.#confirmed
  }

  /** A stanza came from the client. */
  count(): void {
    this.#received++
  }

  /** The client is there, and may ask. */
  connect(line: Line): void {
    this.#line = line
  }

  /** Those who asked are gone. */
  disconnect(): void {
    this.#line = undefined
    this.#requests = 0
  }

  /** It was told otherwise: in `<resumed/>`. */
  told(): void {
    this.#confirmed = this.#received
  }

  /** `<r/>`: answered when everything received so far is safe. */
  answer(): void {
    this.#requests++
    if (this.#confirming !== undefined) return
    this.#confirming = this.#confirm()?.then(() => {
      this.#confirming = undefined
      if (this.#requests > 0) {
        this.#requests--
        this.answer()
      }
      return this.#confirming
    })
  }

  /** Resolves when the requests that have come so far have been answered. */
  answered(): Maybe<undefined> {
    return this.#confirming
  }

  /** One count for all requests that have come until then. */
  #confirm(): Maybe<undefined> {
    const { lane, keeper } = this.#parts
    const received = this.#received
    const requests = this.#requests
    const line = this.#line
    const tell = (): undefined => {
      this.#confirmed = Math.max(this.#confirmed, received)
      if (line === undefined || line !== this.#line) return undefined // those who asked are gone
      this.#requests -= requests
      for (let i = 0; i < requests; i++) line.send(acknowledgement.build({ h: onWire(received) }))
      return undefined
    }
    return then(lane.done(), () =>
      // a count that was told must be known after a crash, so it is stored before
      keeper === undefined || received === this.#confirmed
        ? tell()
        : keeper.setHandled(received).then(tell, (error) => {
            if (line === this.#line) this.#requests -= requests
            return keeper.failed(error)
          }),
    )
  }
}
