/**
 * Messages for those who loop over them: each is acknowledged to the server after the body of the loop has run. What comes before anybody
 * listens waits for them.
 */
import { onAbort } from '../contract/abort.ts'
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

/** Without a reader so many messages are kept; one more, and it is clear that nobody will come. */
const unclaimedMax = 500

export class Inbox {
  readonly #readers: Set<Reader> = new Set()
  /** What came before the first reader, or was left by the last one. */
  #unclaimed: Waiting[] = []
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
    for (const reader of this.#readers) reading = both(reading, reader.take(message))
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
    const queue: (Waiting & { readonly value: T })[] = []
    let current: Waiting | undefined
    /** Several, where `next()` is called before the one before has answered. */
    const waiting: (() => void)[] = []
    let isOver = false
    let failure: ClientError | undefined
    let forget: (() => void) | undefined
    const wake = (): void => {
      for (const one of waiting.splice(0)) one()
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
        if (isOver) return
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
    const stop = (): void => reader.end()
    this.#unclaimed = this.#unclaimed.filter((one) => {
      const value = pick(one.message)
      if (value !== undefined) queue.push({ ...one, value })
      return value === undefined
    })
    this.#readers.add(reader)
    forget = onAbort(signal, stop)
    return {
      async next() {
        current?.done() // the body of the loop has run
        current = undefined
        for (;;) {
          if (failure !== undefined) throw failure
          if (isOver) return { done: true, value: undefined }
          const one = queue.shift()
          current = one
          if (one !== undefined) return { done: false, value: one.value }
          await new Promise<void>((resolve) => waiting.push(resolve))
        }
      },
      async return() {
        // a body that threw is left like one that has run: an error that ends the program is to end it before this counts as read
        if (current !== undefined) setTimeout(current.done)
        current = undefined
        stop()
        return { done: true, value: undefined }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  /** All loops end; with an error they throw it. */
  close(error?: ClientError): void {
    for (const reader of [...this.#readers]) reader.end(error)
  }
}
