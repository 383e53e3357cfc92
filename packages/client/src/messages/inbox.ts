/**
 * Messages for those who loop over them: each is acknowledged to the server after the body of the loop has run. What comes before anybody
 * listens waits for them.
 */
import type { ClientError } from '../contract/errors.ts'
import { both } from '../contract/together.ts'
import type { ReceivedMessage } from './received-message.ts'

interface Waiting<T> {
  readonly value: T
  readonly message: ReceivedMessage
  readonly done: () => void
}

/** What a loop gets of a message; undefined when that message is not for it. */
export type PickMessage<T> = (message: ReceivedMessage) => T | undefined

/** Without a reader so many messages are kept; one more, and it is clear that nobody will come. */
const unclaimedMax = 500

export class Inbox {
  readonly #readers: Set<Reader<unknown>> = new Set()
  /** What came before the first reader, or was left by the last one. */
  #unclaimed: Omit<Waiting<unknown>, 'value'>[] = []
  #isIdle = false

  /** A promise while somebody has it to read. `isHeard`: it does not have to wait for somebody who reads. */
  push(message: ReceivedMessage, isHeard: boolean): undefined | Promise<undefined> {
    if (this.#readers.size === 0) {
      if (isHeard || this.#isIdle) return undefined
      return new Promise((resolve) => {
        this.#unclaimed.push({ message, done: () => resolve(undefined) })
        if (this.#unclaimed.length > unclaimedMax) this.release()
      })
    }
    let reading: undefined | Promise<undefined>
    for (const reader of this.#readers) {
      const value = reader.pick(message)
      if (value === undefined) continue
      const work = new Promise<undefined>((resolve) => {
        reader.push({ value, message, done: () => resolve(undefined) })
      })
      reading = both(reading, work)
    }
    return reading
  }

  /** Nobody reads: what waits for a reader is given up, and what comes as well, until there is one. */
  release(): void {
    this.#isIdle = true
    for (const { done } of this.#unclaimed.splice(0)) done()
  }

  /** Ends when the signal is aborted, or the loop is left; what it has not come to waits for the next reader. */
  read<T>(pick: PickMessage<T>, signal?: AbortSignal): AsyncIterableIterator<T> {
    this.#isIdle = false
    const queue: Waiting<T>[] = []
    this.#unclaimed = this.#unclaimed.filter((waiting) => {
      const value = pick(waiting.message)
      if (value !== undefined) queue.push({ ...waiting, value })
      return value === undefined
    })
    const reader: Reader<T> = new Reader(pick, queue, (rest) => {
      signal?.removeEventListener('abort', end)
      this.#readers.delete(reader)
      if (this.#readers.size === 0) this.#unclaimed.push(...rest)
      else for (const { done } of rest) done()
    })
    const end = (): void => reader.end()
    this.#readers.add(reader)
    if (signal?.aborted === true) end()
    signal?.addEventListener('abort', end)
    return reader
  }

  /** All loops end; with an error they throw it. */
  close(error?: ClientError): void {
    for (const reader of [...this.#readers]) reader.end(error)
  }
}

class Reader<out T> implements AsyncIterableIterator<T> {
  readonly pick: PickMessage<T>
  readonly #queue: Waiting<unknown>[]
  readonly #ended: (rest: readonly Waiting<unknown>[]) => void
  #current: Waiting<unknown> | undefined
  /** Several, where `next()` is called before the one before has answered. */
  #waiting: (() => void)[] = []
  #isOver = false
  #error: ClientError | undefined

  constructor(pick: PickMessage<T>, queue: Waiting<unknown>[], ended: (rest: readonly Waiting<unknown>[]) => void) {
    this.pick = pick
    this.#queue = queue
    this.#ended = ended
  }

  /** `waiting.value` is what `pick` gave. */
  push(waiting: Waiting<unknown>): void {
    this.#queue.push(waiting)
    this.#wakeAll()
  }

  end(error?: ClientError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#error = error
    this.#ended(this.#queue.splice(0))
    this.#wakeAll()
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    this.#current?.done() // the body of the loop has run
    this.#current = undefined
    for (;;) {
      if (this.#error !== undefined) throw this.#error
      if (this.#isOver) return { done: true, value: undefined }
      this.#current = this.#queue.shift()
      if (this.#current !== undefined) return { done: false, value: this.#current.value as T }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    // a body that threw is left like one that has run: an error that ends the program is to end it before this counts as read
    if (this.#current !== undefined) setTimeout(this.#current.done)
    this.#current = undefined
    this.end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
