/**
 * What a socket brings, in shares: Node reads megabytes in one turn of the event loop when they are there, and timers and other sockets have to
 * wait. A share is what takes a few milliseconds, as far as one can tell by the last; the rest stays in the socket, which is not read meanwhile.
 */
import type { Socket } from 'node:net'
import { nextTick } from 'node:process'

/** Milliseconds in a turn of the event loop. */
const longest = 10
/** Bytes that are taken in each turn. */
const fewest = 1024

export class Shares {
  readonly #socket: Socket
  readonly #take: (bytes: Buffer) => void
  /** By whom they are given to. */
  #isPaused = false
  /** Enough for this turn. */
  #isOver = false
  /** When this turn began; undefined between two. */
  #began: number | undefined
  /** Bytes a millisecond, and what of it is being measured. */
  #speed: number = 65_536 / longest
  #measured = 0

  /** From now on `take` gets what comes, in order. */
  constructor(socket: Socket, take: (bytes: Buffer) => void) {
    this.#socket = socket
    this.#take = take
    socket.on('data', (bytes: Buffer) => this.#data(bytes))
  }

  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (!this.#isOver) this.#socket.resume()
  }

  /** No more of it: somebody else reads the socket now. What has come and is not taken is dropped. */
  stop(): void {
    this.#isPaused = true
    this.#began = undefined
    this.#socket.removeAllListeners('data')
    this.#socket.read()
  }

  /** The socket is gone: what has come before is taken at once. */
  takeRest(): void {
    this.#socket.removeAllListeners('data')
    const rest: Buffer | null = this.#socket.read()
    if (rest !== null) this.#take(rest)
  }

  #data(bytes: Buffer): void {
    const now = performance.now()
    const isFirst = this.#began === undefined
    if (isFirst) setImmediate(() => this.#next())
    const end = (this.#began ??= now) + longest
    const size = Math.max(isFirst ? fewest : 0, Math.floor(this.#speed * (end - now)) - this.#measured)
    if (bytes.length <= size) return this.#give(bytes, now)
    this.#end()
    this.#socket.unshift(bytes.subarray(size))
    if (size > 0) this.#give(bytes.subarray(0, size), now)
  }

  /** What readers do with it in promises is done before the second of the two steps. */
  #give(share: Buffer, now: number): void {
    if (this.#measured === 0) queueMicrotask(() => nextTick(() => this.#measure(now)))
    this.#measured += share.length
    this.#take(share)
  }

  #measure(since: number): void {
    const now = performance.now()
    this.#speed = this.#measured / (now - since)
    this.#measured = 0
    if (this.#began !== undefined && now - this.#began > longest) this.#end()
  }

  #end(): void {
    this.#isOver = true
    this.#socket.pause()
  }

  #next(): void {
    this.#began = undefined
    if (!this.#isOver) return
    this.#isOver = false
    if (!this.#isPaused) this.#socket.resume()
  }
}
