/**
 * Messages for those who loop over them: each is acknowledged to the server after the body of the loop has run. What comes before anybody
 * listens waits for them.
 */
import { onAbort } from '../contract/abort.ts'
import { deferred } from '../contract/deferred.ts'
import type { ClientError } from '../contract/errors.ts'
import { both } from '../contract/together.ts'
import type { ReceivedMessage } from './received-message.ts'

interface Waiting {
  readonly message: ReceivedMessage
  readonly done: () => void
}

/** A loop. */
interface Reader {
  /** A promise while it has it to read. */
  take(message: ReceivedMessage): undefined | Promise<undefined>
  end(error?: ClientError): void
}

/** What a loop gets of a message; undefined when that message is not for it. */
export type PickMessage<T> = (message: ReceivedMessage) => T | undefined

/**
 * Without a reader so many characters are kept, where each message has 3,000 more than it has: some 500 messages. One more, and it is clear
 * that nobody will come: the client must not stop for that.
 */
const unclaimedMax = 2 << 20

export class Inbox {
  readonly #readers: Set<Reader> = new Set()
  /** What came before the first reader, or after the last one, and what that has left. */
  #unclaimed: Waiting[] = []
  /** Somebody has begun to read, and may again; the time to begin is over. */
  #isRead = false
  #isLate = false

  /** A promise while somebody has it to read. `isHeard`: it does not have to wait for somebody who reads. */
  push(message: ReceivedMessage, isHeard: boolean): undefined | Promise<undefined> {
    if (this.#readers.size === 0) {
      if (isHeard || (this.#isLate && !this.#isRead)) return undefined
      return new Promise((resolve) => {
        this.#unclaimed.push({ message, done: () => resolve(undefined) })
        let left = unclaimedMax
        for (const one of this.#unclaimed) left -= 3_000 + (one.message.element.inner?.length ?? 0)
        if (left > 0) return
        this.#isRead = false
        this.release()
      })
    }
    let reading: undefined | Promise<undefined>
    for (const reader of this.#readers) reading = both(reading, reader.take(message))
    return reading
  }

  /** The time to begin is over: what nobody wants is given up, and what comes as well, until somebody reads. What comes between two loops is for the second. */
  release(): void {
    this.#isLate = true
    if (!this.#isRead || this.#readers.size > 0) for (const { done } of this.#unclaimed.splice(0)) done()
  }

  /** Ends when the signal is aborted, or the loop is left; what it has not come to waits for the next reader. */
  read<T>(pick: PickMessage<T>, signal?: AbortSignal): AsyncIterableIterator<T> {
    this.#isRead = true
    const queue: (Waiting & { readonly value: T })[] = []
    /** Several, where `next()` is called before the one before has answered. */
    const handed: (() => void)[] = []
    let coming = deferred<undefined>()
    let isOver = false
    let failure: ClientError | undefined
    let forget: (() => void) | undefined
    const wake = (): void => {
      coming.resolve(undefined)
      coming = deferred()
    }
    const reader: Reader = {
      take(message) {
        const value = pick(message)
        if (value === undefined) return undefined
        return new Promise((resolve) => {
          queue.push({ message, value, done: () => resolve(undefined) })
          wake()
        })
      },
      end: (error) => {
        isOver = true
        failure = error
        forget?.()
        this.#readers.delete(reader)
        if (this.#readers.size === 0) this.#unclaimed.push(...queue)
        else for (const { done } of queue) done()
        queue.length = 0
        wake()
      },
    }
    this.#unclaimed = this.#unclaimed.filter((one) => {
      const value = pick(one.message)
      if (value !== undefined) queue.push({ ...one, value })
      return value === undefined
    })
    this.#readers.add(reader)
    forget = onAbort(signal, () => reader.end())
    if (this.#isLate) this.release()
    return {
      async next() {
        handed.shift()?.() // the body of the loop has run
        for (;;) {
          if (failure !== undefined) throw failure
          if (isOver) return { done: true, value: undefined }
          const one = queue.shift()
          if (one !== undefined) {
            handed.push(one.done)
            return { done: false, value: one.value }
          }
          await coming.promise
        }
      },
      async return() {
        // a body that threw is left like one that has run: an error that ends the program is to end it before this counts as read
        for (const done of handed.splice(0)) setTimeout(done)
        reader.end()
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  /** All loops end; with an error they throw it. Whoever is to read what comes later has to begin anew. */
  close(error?: ClientError): void {
    this.#isRead = false
    this.#isLate = false
    for (const reader of [...this.#readers]) reader.end(error)
  }
}
