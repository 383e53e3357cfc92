/**
 * The last step: encoded bytes to sockets, one write for each socket and turn of the event loop. Bounded: a client that
 * does not read costs its own connection alone.
 */
import type { Transport } from './transport.ts'

/** What the socket gets at a time, so that it can be seen whether a slow client reads at all. */
const pieceBytes = 65_536

/** Answers to one's own requests come on top of the bound, up to here: a long contact list is no flood. */
const mostOwed = 16_777_216

/** Of the bound: what may wait for a client before its own requests do. */
const behindShare = 0.25

/** Writes what all outbounds gathered in this turn. */
export class Flusher {
  #waiting: Outbound[] = []
  #isScheduled = false

  schedule(outbound: Outbound): void {
    this.#waiting.push(outbound)
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    this.#isScheduled = false
    const waiting = this.#waiting
    this.#waiting = []
    for (let i = 0; i < waiting.length; i++) waiting[i]!.flush()
  }
}

export class Outbound {
  readonly #transport: Transport
  readonly #flusher: Flusher
  readonly #bound: number
  readonly #overflowed: () => void
  #queue = ''
  /** Goes behind whatever else is written in this turn. */
  #last = ''
  /** Answers that the client asked for and has not taken; they leave in the order in which they came. */
  #owed = 0
  /** What the socket got since it took everything. */
  #handed = 0
  #isBlocked = false
  #isClosed = false
  #waiters: ((sent: boolean) => void)[] | undefined

  /** `bound`: bytes that may wait (0: any number); `overflowed` is called once, when more would. */
  constructor(transport: Transport, flusher: Flusher, bound: number, overflowed: () => void) {
    this.#transport = transport
    this.#flusher = flusher
    this.#bound = bound
    this.#overflowed = overflowed
  }

  /** Whether the other side leaves bytes unread. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  /** Whether it leaves so many unread that what it asks for next had better wait. */
  get isBehind(): boolean {
    return this.#isBlocked && !this.#isClosed && this.#bound !== 0 && this.#waitingBytes > this.#bound * behindShare
  }

  get #waitingBytes(): number {
    return this.#queue.length + this.#transport.pending
  }

  /** `isAsked`: the client's own request is why. */
  write(wire: string, isAsked = false): void {
    if (this.#isClosed || wire === '') return
    if (this.#queue === '') this.#flusher.schedule(this)
    this.#queue += wire
    if (isAsked) this.#owed = Math.min(this.#owed + wire.length, mostOwed)
    // the common case costs one comparison: what waits in the socket is looked at only while it is blocked
    if (this.#bound !== 0 && (this.#isBlocked || this.#queue.length > this.#bound)) this.#check()
  }

  /** Written behind everything else of this turn. */
  writeLast(wire: string): void {
    if (this.#isClosed) return
    if (this.#queue === '' && this.#last === '') this.#flusher.schedule(this)
    this.#last = wire
  }

  #check(): void {
    if (!this.#isBlocked) this.flush() // much in one turn is no fault of a client that takes it
    if (this.#waitingBytes <= this.#bound + this.#owed) return
    this.#isClosed = true
    this.#queue = ''
    this.#settle(false)
    this.#overflowed()
  }

  flush(): void {
    if (this.#last !== '' && !this.#isBlocked) {
      this.#queue += this.#last
      this.#last = ''
    }
    while (this.#queue !== '' && !this.#isBlocked) {
      const piece = this.#queue.length <= pieceBytes ? this.#queue : this.#queue.slice(0, pieceBytes)
      this.#queue = this.#queue.slice(piece.length)
      this.#handed += piece.length
      if (!this.#transport.write(piece)) this.#isBlocked = true
    }
    if (this.#isBlocked) return
    this.#owed = 0
    this.#handed = 0
    if (this.#waiters !== undefined) this.#settle(true)
  }

  /** The socket has taken everything it got. */
  drained(): void {
    this.#isBlocked = false
    this.#owed = Math.max(0, this.#owed - this.#handed)
    this.#handed = 0
    this.flush()
  }

  /** Calls back when everything written so far has been handed to the system, with false if that cannot be any more. */
  flushed(done: (sent: boolean) => void): void {
    if (this.#isClosed) return done(false)
    if (this.#queue === '' && !this.#isBlocked) return done(true)
    this.#waiters ??= []
    this.#waiters.push(done)
  }

  /** Writes at once and takes nothing more. What was to come last does not: the end of the stream does. */
  end(): void {
    this.#last = ''
    this.flush()
    if (this.#queue !== '') this.#transport.write(this.#queue)
    this.#queue = ''
    this.#isClosed = true
    this.#settle(false)
  }

  /** Drops what waits: the connection is gone. */
  abandon(): void {
    this.#isClosed = true
    this.#queue = ''
    this.#settle(false)
  }

  #settle(sent: boolean): void {
    const waiters = this.#waiters
    this.#waiters = undefined
    if (waiters !== undefined) for (const waiter of waiters) waiter(sent)
  }
}
