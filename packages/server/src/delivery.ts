/** One message that was given to sessions of an account: who answers for it when they cannot give it to their clients. */
import type { Message } from '@rookery/protocol/stanza'

/**
 * Where a message is, whatever becomes of the sessions that have it: in the `archive` of its recipient; in the `spool`, until a client has it;
 * in `either` of them, as far as the process knows that it took it over from another; `nowhere` else.
 */
export type Place = 'archive' | 'spool' | 'either' | 'nowhere'

/** What is known of a message that comes back from a session. */
export interface Came {
  /** When the server took it, in milliseconds since the epoch. */
  readonly at: number
  /** It is in the archive of its recipient. */
  readonly isKept: boolean
  /** Its id in the archive or the spool; 0 when it is in neither. */
  readonly id: number
}

export class Delivery implements Came {
  /** Undefined where it was read from storage, as bytes. */
  readonly message: Message | undefined
  readonly at: number
  readonly place: Place
  readonly id: number
  /** Sessions that have it and whose clients have not taken it yet. */
  #holders = 0
  #offers = 0
  #isTaken = false
  /** It is stored with a session that can be resumed. */
  isStored = false

  constructor(message: Message | undefined, at: number, place: Place, id = 0) {
    this.message = message
    this.at = at
    this.place = place
    this.id = id
  }

  get isKept(): boolean {
    return this.place === 'archive'
  }

  /** A session has it, or a client: the one who is giving it (`offer`) does not count. */
  get isGiven(): boolean {
    return this.#isTaken || this.#holders > this.#offers
  }

  /** It is being given to sessions: until `offered` it comes back from none of them. */
  offer(): void {
    this.#offers = 1
    this.#holders++
  }

  /** True when no session has kept it, and no client. */
  offered(): boolean {
    this.#offers = 0
    return this.letGo()
  }

  get isTaken(): boolean {
    return this.#isTaken
  }

  /** It is in the archive, and no client has said to have it. */
  get isUnreached(): boolean {
    return this.isKept && this.id > 0 && !this.#isTaken
  }

  /** A session has it, and will say what becomes of it. */
  hold(): void {
    this.#holders++
  }

  /** It was written to a client that does not say what it has got. True when the storage has to know, as with `taken`. */
  given(): boolean {
    const isFirst = !this.#isTaken
    this.#isTaken = true
    return isFirst && (this.isStored || this.place === 'spool' || this.place === 'either')
  }

  /** The client of a session that had it has it. True when the storage has to know: it is in the spool, or with another session. */
  taken(): boolean {
    this.#holders--
    return this.given()
  }

  /** A session ends with it. True when nobody else has it: the caller finds another place for it. */
  letGo(): boolean {
    this.#holders--
    return !this.#isTaken && this.#holders === 0
  }
}
