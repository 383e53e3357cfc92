/** Follows messages until each has come as far as was asked, or will not; says so, and makes an exit code of it. */
import type { SentMessage } from '@rookery/client/node'
import { isClientError, remedyFor } from './advice.ts'
import type { Entry, Output } from './output.ts'

export interface WaitFor {
  wait: 'acked' | 'delivered' | 'displayed'
  /** Seconds for each message. */
  timeout: number
}

/** 0: all have come so far. 1 is for what went wrong before, as in all commands. */
export const refusedCode = 2
export const lateCode = 3
/** So many may be on their way; the next one goes when the first of them has arrived. */
const inFlight = 100

const words = {
  acked: ['The server has it.', 'The server has all'],
  delivered: ['It has arrived.', 'They have arrived, all'],
  displayed: ['It has been seen.', 'They have been seen, all'],
} as const

export class Following {
  count = 0
  readonly #options: WaitFor
  readonly #output: Output
  readonly #signal: AbortSignal
  readonly #under: Set<Promise<void>> = new Set()
  #refused = 0
  #late = 0

  /** Aborting the signal is giving up on those that are on their way. */
  constructor(options: WaitFor, output: Output, signal: AbortSignal) {
    this.#options = options
    this.#output = output
    this.#signal = signal
  }

  /** Resolves when the next one may go. */
  async add(message: SentMessage): Promise<void> {
    this.count++
    const following = this.#follow(message).finally(() => this.#under.delete(following))
    this.#under.add(following)
    if (this.#under.size >= inFlight) await Promise.race(this.#under)
  }

  /** The exit code. */
  async ended(): Promise<number> {
    await Promise.all(this.#under)
    if (this.#refused > 0) return refusedCode
    if (this.#late > 0 || this.#signal.aborted) return lateCode
    const [one, all] = words[this.#options.wait]
    this.#output.say(this.count === 1 ? one : `${all} ${this.count}.`)
    return 0
  }

  async #follow(message: SentMessage): Promise<void> {
    const { wait, timeout } = this.#options
    try {
      await message.reached(wait, { signal: AbortSignal.any([this.#signal, AbortSignal.timeout(timeout * 1000)]) })
      this.#tell(message)
    } catch (error) {
      const isRefused = isClientError(error)
      if (isRefused) this.#refused++
      else this.#late++
      this.#tell(message, isRefused ? `${error.message} ${remedyFor(error) ?? ''}`.trim() : lateText(message, timeout))
    }
  }

  #tell(message: SentMessage, problem?: string): void {
    this.#output.entry(fateEntry(message, problem))
    if (problem !== undefined) this.#output.warn(problem)
  }
}

export function fateEntry({ id, to, fate }: SentMessage, problem?: string): Entry {
  return { event: 'message', id, to: to.toString(), fate, problem }
}

function lateText({ to, fate }: SentMessage, timeout: number): string {
  const where =
    fate === 'queued'
      ? 'it is not sent.'
      : fate === 'sent'
        ? 'it is sent, and the server has not acknowledged it.'
        : 'the server has it, but no device has confirmed it. Many confirm to their contacts only.'
  return `The message to ${to} has not come so far in ${timeout} s: ${where}`
}
