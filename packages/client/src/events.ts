/** Typed events: a name has one type of payload, a wrong name does not compile, and what a listener throws is told as the event `error`. */
import { type ClientError, ListenerError } from './errors.ts'

/** Answering a promise makes those who care (acknowledgements) wait for it. */
export type Listener<P> = (payload: P) => unknown

export interface ListenOptions {
  /** Stops listening when aborted. */
  readonly signal?: AbortSignal | undefined
  readonly once?: boolean | undefined
}

export type EventsBase = { readonly error: ClientError }

export class Emitter<E extends EventsBase> {
  readonly #listeners: Map<string, Set<Listener<never>>> = new Map()

  /** Listens; the answer stops it. */
  on<K extends keyof E & string>(event: K, listener: Listener<E[K]>, { signal, once }: ListenOptions = {}): () => void {
    const run: Listener<E[K]> =
      once === true
        ? (payload) => {
            stop()
            return listener(payload)
          }
        : (payload) => listener(payload)
    const stop = (): void => {
      this.#listeners.get(event)?.delete(run as Listener<never>)
      signal?.removeEventListener('abort', stop)
    }
    if (signal?.aborted === true) return stop
    signal?.addEventListener('abort', stop)
    const listeners = this.#listeners.get(event)
    if (listeners === undefined) this.#listeners.set(event, new Set([run as Listener<never>]))
    else listeners.add(run as Listener<never>)
    return stop
  }

  has(event: keyof E & string): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0
  }

  /** Calls the listeners in their order; a promise when one of them works on. It never rejects. */
  emit<K extends keyof E & string>(event: K, payload: E[K]): undefined | Promise<undefined> {
    const listeners = this.#listeners.get(event)
    if (listeners === undefined || listeners.size === 0) {
      // nobody listens to errors: the platform tells it as an uncaught one, so that it is seen
      if (event === 'error') queueMicrotask(() => reportUncaught(payload))
      return undefined
    }
    let working: Promise<unknown>[] | undefined
    for (const listener of [...listeners]) {
      try {
        const answer = (listener as Listener<E[K]>)(payload)
        if (answer instanceof Promise) {
          working ??= []
          working.push(answer.catch((cause: unknown) => this.#threw(event, cause)))
        }
      } catch (cause) {
        this.#threw(event, cause)
      }
    }
    return working === undefined ? undefined : Promise.all(working).then(() => undefined)
  }

  #threw(event: string, cause: unknown): void {
    if (event === 'error') queueMicrotask(() => reportUncaught(cause))
    else this.emit('error', new ListenerError(event, cause) as E['error'])
  }
}

function reportUncaught(error: unknown): never {
  throw error
}
