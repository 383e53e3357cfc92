/**
 * Node's cryptography for the SASL mechanisms: everything short at once, password hashing in the thread pool through a bounded
 * queue, so that a flood of logins can neither stop the event loop nor take every thread from TLS and files (catalogue S29).
 * Not the keeping of keys.
 */

import { createHmac, hash, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import type { HashName, SaslCrypto } from '@rookery/protocol/sasl'

export interface CryptoOptions {
  /** Password hashes under way at the same time; Node's thread pool has four threads. Default 2. */
  readonly parallel?: number
  /** Password hashes that may wait for their turn; beyond it they are refused. Default 1000. */
  readonly queue?: number
}

/** Too many logins at once: the client should be told to try again later (`temporary-auth-failure`). */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError'
  /** How many password hashes were waiting when this one was refused. */
  readonly waiting: number

  constructor(waiting: number, cause?: unknown) {
    super(`${waiting} password hashes are waiting already: try again later, or raise the limit`, { cause })
    this.waiting = waiting
  }
}

const nodeNames: Readonly<Record<HashName, string>> = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-512': 'sha512' }

export function createCrypto(options: CryptoOptions = {}): SaslCrypto {
  const queue = new BoundedQueue(options.parallel ?? 2, options.queue ?? 1000)
  return {
    hash: (name, data) => hash(nodeNames[name], data, 'buffer'),
    hmac: (name, key, data) => createHmac(nodeNames[name], key).update(data).digest(),
    pbkdf2: (name, password, salt, iterations, length) =>
      queue.run((done) => pbkdf2(password, salt, iterations, length, nodeNames[name], done)),
    random: (length) => randomBytes(length),
    equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  }
}

type Job = (done: (error: Error | null, result: Uint8Array) => void) => void

/** Runs jobs in the order they came, some at a time. */
class BoundedQueue {
  readonly #parallel: number
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(parallel: number, limit: number) {
    this.#parallel = parallel
    this.#limit = limit
  }

  run(job: Job): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    const begin = () => {
      this.#running++
      try {
        job((error, result) => {
          this.#ended()
          if (error === null) resolve(result)
          else reject(error)
        })
      } catch (error) {
        // Arguments that Node refuses throw at once.
        this.#ended()
        reject(error)
      }
    }
    if (this.#running < this.#parallel) begin()
    else if (this.#waiting.length < this.#limit) this.#waiting.push(begin)
    else reject(new OverloadedError(this.#waiting.length))
    return promise
  }

  #ended(): void {
    this.#running--
    this.#waiting.shift()?.()
  }
}
