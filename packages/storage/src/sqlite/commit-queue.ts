/**
 * The main thread's end of the worker: gathers the operations of a tick into one message, and settles their promises in order when the
 * worker answers after its commit. Bounded in operations and bytes. Knows nothing of what the operations mean.
 */
import { StorageError } from '../error.ts'
import {
  type Answer,
  COMMITTED,
  FAILED,
  type Failure,
  type Group,
  OPERATIONS,
  type Request,
  type Value,
} from './message.ts'

interface Waiting {
  readonly code: number
  readonly bytes: number
  readonly decode: (value: Value) => unknown
  readonly resolve: (value: never) => void
  readonly reject: (error: StorageError) => void
}

/** Promises settled in one turn of the event loop: what is done then takes some milliseconds, and others wait for it. */
const SETTLED_AT_ONCE = 256

/** What an operation costs in the queue besides its strings. */
const BYTES_PER_OPERATION = 100

export interface QueueLimit {
  /** operations */
  readonly count: number
  readonly bytes: number
}

export class CommitQueue {
  readonly #limit: QueueLimit
  readonly #post: (request: Request) => void
  /** Called but not answered, oldest first, starting at #first. */
  #waiting: Waiting[] = []
  #first = 0
  #bytes = 0
  /** Answered but not settled, oldest first, and how far the first of them is. */
  #answers: Answer[] = []
  #position = 0
  #failures = 0
  /** Called but not posted. */
  #group: Group = []
  /** Set once nothing more can be answered. */
  #end: StorageError | undefined

  constructor(limit: QueueLimit, post: (request: Request) => void) {
    this.#limit = limit
    this.#post = post
  }

  submit<T>(code: number, args: readonly Value[], decode: (value: Value) => T): Promise<T> {
    if (this.#end !== undefined) return Promise.reject(this.#end)
    let bytes = BYTES_PER_OPERATION
    for (let i = 0; i < args.length; i++) {
      const arg = args[i]
      if (typeof arg === 'string') bytes += arg.length
      else if (typeof arg === 'object' && arg !== null) bytes += sizeOf(arg)
      else if (typeof arg === 'function' || typeof arg === 'symbol') return Promise.reject(notData(code))
    }
    if (this.#waiting.length - this.#first >= this.#limit.count || this.#bytes + bytes > this.#limit.bytes)
      return Promise.reject(this.#overloaded(code))
    this.#bytes += bytes
    if (this.#group.length === 0) setImmediate(this.#flush)
    const group = this.#group
    group.push(code)
    for (let i = 0; i < args.length; i++) group.push(args[i])
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#waiting.push({ code, bytes, decode, resolve, reject })
    return promise
  }

  /** Posts what was gathered, then 'close': the worker answers the one before it obeys the other. */
  close(error: StorageError): void {
    this.#flush()
    this.#end = error
    this.#post('close')
  }

  /** Settles the operations that one transaction answered, in order; many of them in several turns. */
  settle(answer: Answer): void {
    this.#answers.push(answer)
    if (this.#answers.length === 1) this.#settleSome()
  }

  /** Nothing more is answered: settles at once what was. */
  finish(): void {
    while (this.#answers.length > 0) this.#settleFirst(Number.POSITIVE_INFINITY)
  }

  readonly #settleSome = (): void => {
    let room = SETTLED_AT_ONCE
    while (this.#answers.length > 0 && room > 0) room -= this.#settleFirst(room)
    if (this.#answers.length > 0) setImmediate(this.#settleSome)
  }

  /** Of the first answer; returns how many were settled. */
  #settleFirst(room: number): number {
    const answer = this.#answers[0]!
    const from = this.#position
    const count = answer[0] === COMMITTED ? answer[1].length : answer[0] === FAILED ? answer[1] : 0
    const to = Math.min(count, from + room)
    if (answer[0] === COMMITTED) this.#answer(answer[1], answer[2], from, to)
    else if (answer[0] === FAILED) for (let i = from; i < to; i++) this.#reject(this.#shift(), answer[2])
    this.#position = to
    if (to === count) {
      this.#answers.shift()
      this.#position = this.#failures = 0
    }
    return to - from
  }

  #answer(results: Value[], failed: [number, Failure][] | undefined, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const operation = this.#shift()
      if (failed?.[this.#failures]?.[0] === i) this.#reject(operation, failed[this.#failures++]![1])
      else answerWith(operation, results[i])
    }
  }

  #reject(operation: Waiting, failure: Failure): void {
    operation.reject(asError(failure, operation.code))
  }

  /** Rejects everything that waits, and every later call. */
  fail(failure: Failure): void {
    this.#end = new StorageError(failure.kind, failure)
    this.#group = []
    this.finish()
    while (this.#waiting.length > 0) this.#reject(this.#shift(), failure)
  }

  readonly #flush = (): void => {
    if (this.#group.length === 0) return
    const group = this.#group
    this.#group = []
    this.#post(group)
  }

  #shift(): Waiting {
    const operation = this.#waiting[this.#first++]!
    this.#bytes -= operation.bytes
    if (this.#first === this.#waiting.length) {
      this.#waiting = []
      this.#first = 0
    } else if (this.#first === 4096) {
      this.#waiting.splice(0, 4096)
      this.#first = 0
    }
    return operation
  }

  #overloaded(code: number): StorageError {
    const waiting = this.#waiting.length - this.#first
    return new StorageError('overloaded', {
      problem: `${waiting} storage operations (${this.#bytes} bytes) wait to be committed; one more would exceed the limit of ${this.#limit.count} operations or ${this.#limit.bytes} bytes.`,
      advice: 'Slow down and try again; if this happens often the disk is too slow for the load.',
      operation: OPERATIONS[code],
    })
  }
}

function answerWith(operation: Waiting, value: Value): void {
  try {
    operation.resolve(operation.decode(value) as never)
  } catch (cause) {
    const problem = 'The database answered something that cannot be understood.'
    operation.reject(
      asError({ kind: 'corrupt', problem, advice: 'Restore a backup, or report it.', cause }, operation.code),
    )
  }
}

/** Types forbid it, but JavaScript callers do not ask them: it could not be posted, and would take its whole group with it. */
function notData(code: number): StorageError {
  const [problem, advice] = ['A function or symbol cannot be stored.', 'This is a bug of the caller; please report it.']
  return new StorageError('invalid', { problem, advice, operation: OPERATIONS[code] })
}

function sizeOf(value: Uint8Array | Value[]): number {
  if (value instanceof Uint8Array) return value.byteLength
  let bytes = 0
  for (const part of value)
    bytes += typeof part === 'string' ? part.length : part instanceof Uint8Array ? part.byteLength : 8
  return bytes
}

function asError(failure: Failure, code: number): StorageError {
  return new StorageError(failure.kind, { ...failure, operation: OPERATIONS[code] })
}
