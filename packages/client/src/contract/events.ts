/** Typed events: a name has one type of payload, a wrong name does not compile, and what a listener throws is told as the event `error`. */

import { onAbort } from './abort.ts'
import { type ClientError, UsageError } from './errors.ts'
import { callEach } from './guard.ts'
import { checkOptions } from './options.ts'

/** Answering a promise makes those who care (acknowledgements) wait for it. */
export type Listener<P> = (payload: P) => unknown

export interface ListenOptions {
  /** Stops listening when aborted. */
  readonly signal?: AbortSignal | undefined
  readonly once?: boolean | undefined
}

export type EventsBase = { readonly error: ClientError }

/** Of a program that connects again and again, and never listens. */
const mostUntold = 100

export class Emitter<E extends EventsBase> {
  readonly #listeners: Map<string, Set<Listener<never>>> = new Map()
  /** Errors of before anybody could listen. */
  #untold: E['error'][] | undefined

  /** `untold`: where errors wait until somebody listens, or `release` is called; without it they do not. */
  constructor(untold?: E['error'][]) {
    this.#untold = untold
  }

  /** Listens; the answer stops it. Throws a UsageError for what is no function. */
  on<K extends keyof E & string>(event: K, listener: Listener<E[K]>, options: ListenOptions = {}): () => void {
    checkOptions(options)
    const { signal, once } = options
    if (typeof listener !== 'function') throw new UsageError(`A listener of "${event}" has to be a function.`)
    const run: Listener<E[K]> = (payload) => {
      if (once) stop()
      return listener(payload)
    }
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners.add(run as Listener<never>))
    const drop = (): unknown => listeners.delete(run as Listener<never>)
    const forget = onAbort(signal, drop)
    const stop = (): void => {
      drop()
      forget()
    }
    if (event === 'error') this.release()
    return stop
  }

  /** Who has not begun to listen to errors by now had the time to. */
  release(): void {
    const untold = this.#untold
    this.#untold = undefined
    for (const error of untold ?? []) this.emit('error', error)
  }

  has(event: keyof E & string): boolean {
    return !!this.#listeners.get(event)?.size
  }

  /** Calls the listeners in their order; a promise when one of them works on. It never rejects. */
  emit<K extends keyof E & string>(event: K, payload: E[K]): undefined | Promise<undefined> {
    const listeners = this.#listeners.get(event)
    if (!listeners?.size) {
      if (event !== 'error') return undefined
      // nobody listens to errors: the platform tells it as an uncaught one, so that it is seen
      if (!this.#untold) return reportUncaught(payload)
      this.#untold = [...this.#untold, payload as E['error']].slice(-mostUntold)
      return undefined
    }
    return callEach((error) => this.#threw(event, error), event, [...listeners], payload as never)
  }

  #threw(event: string, error: E['error']): void {
    if (event === 'error') reportUncaught(error.cause)
    else this.emit('error', error)
  }
}

function reportUncaught(error: unknown): undefined {
  queueMicrotask(() => {
    throw error
  })
}
