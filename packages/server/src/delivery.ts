/** One message that was given to sessions of an account: who answers for it when they cannot give it to their clients. */
import type { Message } from '@rookery/protocol/stanza'

/** What is known of a message that comes back from a session. */
export interface Came {
  /** When the server took it, in milliseconds since the epoch. */
  readonly at: number
  /** It is in the archive of its recipient. */
  readonly isKept: boolean
}

export class Delivery implements Came {
  /** Undefined where it was read from storage, as bytes. */
  readonly message: Message | undefined
  /** When the server took it, in milliseconds since the epoch. */
  readonly at: number
  /** It is in the archive of the recipient, so it need not be stored for a session. */
  readonly isKept: boolean
  /** Sessions that have it and whose clients have not taken it yet. */
  #holders = 0
  #isTaken = false

  constructor(message: Message | undefined, at: number, isKept: boolean) {
    this.message = message
    this.at = at
    this.isKept = isKept
  }

  /** No session has it yet, nor a client. */
  get isUngiven(): boolean {
    return !this.#isTaken && this.#holders === 0
  }

  /** Nor is it in an archive. */
  get isNowhere(): boolean {
    return !this.isKept && this.isUngiven
  }

  /** A session has it, and will say what becomes of it. */
  hold(): void {
    this.#holders++
  }

  /** It was written to a client that does not say what it has got, or stored for it. */
  given(): void {
    this.#isTaken = true
  }

  /** The client of a session that had it has it. */
  taken(): void {
    this.#holders--
    this.#isTaken = true
  }

  /** A session ends with it. True when nobody else has it: the caller finds another place for it. */
  letGo(): boolean {
    this.#holders--
    return !this.#isTaken && this.#holders === 0
  }
}
