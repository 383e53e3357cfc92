/**
 * The order of an account: messages to it that wait for a commit go on in the order in which they began, whoever sent them. So its clients get
 * them in the order of its archive: who asks the archive for what came after the last message it got misses nothing. docs/decisions/0023
 */
import type { Maybe } from '@rookery/protocol'
import type { ArchiveIds } from './archive-ids.ts'

/** A message to an account. When it has entered it has to `go` or to `leave`, else those behind it wait for ever. */
export abstract class Queued {
  #queue: Queue | undefined
  #next: Queued | undefined
  /** Waits only for those before it. */
  #isReady = false
  #through = 0
  /** Tells who waits for it. */
  #waiting: PromiseWithResolvers<undefined> | undefined

  protected abstract work(): Maybe<undefined>

  /** Does its work when everybody before has gone on; others need not wait for what that waits for. */
  protected go(): Maybe<undefined> {
    const queue = this.#queue
    if (queue === undefined) return this.work()
    this.#isReady = true
    if (queue.head !== this) {
      this.#waiting = Promise.withResolvers()
      return this.#waiting.promise
    }
    try {
      return this.work()
    } finally {
      Queued.#advance(queue)
    }
  }

  /** It goes no further. */
  protected leave(): void {
    const queue = this.#queue
    if (queue === undefined || this.#isReady) return
    this.#isReady = true
    if (queue.head === this) Queued.#advance(queue)
  }

  #goAfterAll(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return // it has left
    try {
      waiting.resolve(this.work() as undefined)
    } catch (error) {
      waiting.reject(error)
    }
  }

  /** Said by the queue. */
  static enter(queue: Queue, queued: Queued, through: number): void {
    queued.#queue = queue
    queued.#through = through
    if (queue.tail === undefined) queue.head = queued
    else queue.tail.#next = queued
    queue.tail = queued
  }

  static throughOf({ head }: Queue): number | undefined {
    return head === undefined ? undefined : head.#through
  }

  /** The first is over: those behind it that are ready go on. */
  static #advance(queue: Queue): void {
    for (let next = queue.head!.#next; next !== undefined; next = next.#next) {
      queue.head = next
      if (!next.#isReady) return
      next.#goAfterAll()
    }
    queue.head = undefined
    queue.tail = undefined
    queue.emptied()
  }
}

interface Queue {
  head: Queued | undefined
  tail: Queued | undefined
  emptied(): void
}

export class Arrivals {
  readonly #ids: ArchiveIds
  readonly #queues = new Map<string, Queue>()

  constructor(ids: ArchiveIds) {
    this.#ids = ids
  }

  isBusy(local: string): boolean {
    return this.#queues.has(local)
  }

  /** `through`: the last id that was given to any message before this one. */
  enter(local: string, queued: Queued, through: number): void {
    let queue = this.#queues.get(local)
    if (queue === undefined) {
      queue = { head: undefined, tail: undefined, emptied: () => this.#queues.delete(local) }
      this.#queues.set(local, queue)
    }
    Queued.enter(queue, queued, through)
  }

  /** Up to which id the sessions of the account have been given what they are to get. */
  through(local: string): number {
    const queue = this.#queues.get(local)
    return (queue === undefined ? undefined : Queued.throughOf(queue)) ?? this.#ids.last
  }
}
