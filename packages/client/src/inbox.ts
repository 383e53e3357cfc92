/**
 * Messages for those who loop over them: each is acknowledged to the server after the body of the loop has run. What comes before anybody
 * listens waits for them.
 */
import type { ReceivedMessage } from './received-message.ts'

interface Waiting {
  readonly message: ReceivedMessage
  readonly done: () => void
}

/** Without a reader so many messages are kept; one more, and it is clear that nobody will come. */
const unclaimedMax = 500

export class Inbox {
  readonly #readers: Set<Reader> = new Set()
  /** What came before the first reader, or was left by the last one. */
  #unclaimed: Waiting[] = []
  #isIdle = false

  /** A promise while somebody has it to read. `isHeard`: listeners get it in any case. */
  push(message: ReceivedMessage, isHeard: boolean): undefined | Promise<undefined> {
    if (this.#readers.size === 0) {
      if (isHeard || this.#isIdle) return undefined
      return new Promise((resolve) => {
        this.#unclaimed.push({ message, done: () => resolve(undefined) })
        if (this.#unclaimed.length > unclaimedMax) this.release()
      })
    }
    const reading = [...this.#readers].map((reader) => new Promise<void>((done) => reader.push({ message, done })))
    return Promise.all(reading).then(() => undefined)
  }

  /** Nobody reads: what waits for a reader is given up, and what comes as well, until there is one. */
  release(): void {
    this.#isIdle = true
    for (const { done } of this.#unclaimed.splice(0)) done()
  }

  /** Ends when the signal is aborted, or the loop is left; what it has not come to waits for the next reader. */
  read(signal?: AbortSignal): AsyncIterableIterator<ReceivedMessage> {
    this.#isIdle = false
    const reader = new Reader(this.#unclaimed.splice(0), (rest) => {
      this.#readers.delete(reader)
      if (this.#readers.size === 0) this.#unclaimed.push(...rest)
      else for (const { done } of rest) done()
    })
    this.#readers.add(reader)
    if (signal?.aborted === true) reader.end()
    signal?.addEventListener('abort', () => reader.end(), { once: true })
    return reader
  }

  close(): void {
    for (const reader of [...this.#readers]) reader.end()
  }
}

class Reader implements AsyncIterableIterator<ReceivedMessage> {
  readonly #queue: Waiting[]
  readonly #ended: (rest: readonly Waiting[]) => void
  #current: Waiting | undefined
  #wake: () => void = () => undefined
  #isOver = false

  constructor(queue: Waiting[], ended: (rest: readonly Waiting[]) => void) {
    this.#queue = queue
    this.#ended = ended
  }

  push(waiting: Waiting & { done: () => void }): void {
    this.#queue.push(waiting)
    this.#wake()
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#ended(this.#queue.splice(0))
    this.#wake()
  }

  async next(): Promise<IteratorResult<ReceivedMessage, undefined>> {
    this.#current?.done() // the body of the loop has run
    this.#current = undefined
    for (;;) {
      if (this.#isOver) return { done: true, value: undefined }
      this.#current = this.#queue.shift()
      if (this.#current !== undefined) return { done: false, value: this.#current.message }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async return(): Promise<IteratorResult<ReceivedMessage, undefined>> {
    this.#current?.done()
    this.#current = undefined
    this.end()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
