/**
 * The last step: encoded bytes to sockets, one write for each socket and turn of the event loop. Bounded: a client that
 * does not read costs its own connection alone.
 */
import type { Transport } from './transport.ts'

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

  write(wire: string): void {
    if (this.#isClosed || wire === '') return
    if (this.#queue === '') this.#flusher.schedule(this)
    this.#queue += wire
    // the common case costs one comparison: what waits in the socket is looked at only while it is blocked
    if (this.#bound !== 0 && (this.#isBlocked || this.#queue.length > this.#bound)) this.#check()
  }

  #check(): void {
    if (!this.#isBlocked) this.flush() // much in one turn is no fault of a client that takes it
    if (this.#queue.length + this.#transport.pending <= this.#bound) return
    this.#isClosed = true
    this.#queue = ''
    this.#settle(false)
    this.#overflowed()
  }

  flush(): void {
    if (this.#queue === '') return
    const wire = this.#queue
    this.#queue = ''
    if (!this.#transport.write(wire)) this.#isBlocked = true
    if (this.#waiters !== undefined && !this.#isBlocked) this.#settle(true)
  }

  drained(): void {
    this.#isBlocked = false
    if (this.#queue === '') this.#settle(true)
  }

  /** Calls back when everything written so far has been handed to the system, with false if that cannot be any more. */
  flushed(done: (sent: boolean) => void): void {
    if (this.#isClosed) return done(false)
    if (this.#queue === '' && !this.#isBlocked) return done(true)
    this.#waiters ??= []
    this.#waiters.push(done)
  }

  /** Writes at once and takes nothing more. */
  end(): void {
    this.flush()
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
