/**
 * The life of a client: it connects, stays online, is thrown out and comes back, until it is told to stop or trying again would not help.
 * How a connection is made, and what a session is, is not known here.
 */
import type { Jid } from '@rookery/protocol/jid'
import { until } from '../contract/until.ts'
import { type ClientError, ConnectError, DisconnectedError, UsageError } from '../errors.ts'
import type { Clock } from '../platform.ts'
import type { ClientState } from '../state.ts'
import { backOff } from './backoff.ts'

/** A session that is up. */
export interface Live {
  readonly jid: Jid
  readonly resumed: boolean
  /** Settles when its connection is gone. */
  readonly closed: Promise<ClientError | undefined>
}

export interface LifelineParts {
  readonly clock: Clock
  readonly random: () => number
  readonly reconnects: boolean
  /** Milliseconds for the first connection. */
  readonly patience: number
  /** Milliseconds for each try. */
  readonly attemptTimeout: number
  readonly canResume: () => boolean
  /** One try: connects, and makes the session usable. */
  readonly attempt: (signal: AbortSignal) => Promise<Live>
  readonly changed: (state: ClientState) => void
  readonly watchNetwork: (changed: () => void) => () => void
  /** The network may have changed while we are online: is the connection still good? */
  readonly check: () => void
}

/** A session that ends sooner is no success: the next try waits as if it had failed. */
const steady = 30_000

export class Lifeline {
  readonly #parts: LifelineParts
  #state: ClientState = { name: 'offline' }
  #stop: AbortController | undefined
  #wake: () => void = () => undefined
  #waiters: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = []

  constructor(parts: LifelineParts) {
    this.#parts = parts
  }

  get state(): ClientState {
    return this.#state
  }

  /** Resolves when online; rejects when it is given up. */
  start(): Promise<void> {
    if (this.#state.name === 'online') return Promise.resolve()
    const waiting = new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }))
    if (this.#stop === undefined) {
      const stop = new AbortController()
      this.#stop = stop
      const stopWatching = this.#parts.watchNetwork(() =>
        this.#state.name === 'online' ? this.#parts.check() : this.#wake(),
      )
      stop.signal.addEventListener('abort', stopWatching)
      void this.#live(stop)
    }
    return waiting
  }

  /** Not connected any more, and not trying to be. */
  stop(): void {
    this.#stop?.abort()
    this.#stop = undefined
    this.#set({ name: 'offline' })
    this.#settle(new DisconnectedError())
  }

  async #live(stop: AbortController): Promise<void> {
    const { clock, canResume, attempt: connect, patience, random } = this.#parts
    const begin = clock.now()
    let attempt = 0
    let wasOnline = false
    for (;;) {
      attempt++
      this.#set({ name: canResume() ? 'resuming' : 'connecting', attempt })
      let reason: ClientError
      // what has worked before is tried again: networks lie at times, and whoever is in between may say anything in the clear
      let mayBeLie = wasOnline
      try {
        const live = await this.#within(stop.signal, connect)
        if (stop.signal.aborted) return
        wasOnline = true
        mayBeLie = false
        const since = clock.now()
        this.#set({ name: 'online', jid: live.jid, resumed: live.resumed })
        this.#settle()
        reason = (await live.closed) ?? new DisconnectedError()
        if (clock.now() - since >= steady) attempt = 0
      } catch (error) {
        reason = asClientError(error)
      }
      if (stop.signal.aborted) return
      const delay = backOff(attempt, random())
      const isTooLate = !wasOnline && clock.now() + delay - begin > patience
      if (isFatal(reason, mayBeLie) || !this.#parts.reconnects || isTooLate) return this.#fail(reason, stop)
      this.#set({ name: 'waiting', attempt, retryAt: clock.now() + delay, reason })
      await this.#wait(delay, stop.signal)
      if (stop.signal.aborted) return
    }
  }

  /** One try has an end. */
  async #within(stop: AbortSignal, run: (signal: AbortSignal) => Promise<Live>): Promise<Live> {
    const { clock, attemptTimeout } = this.#parts
    const controller = new AbortController()
    const stopped = (): void => controller.abort(stop.reason)
    stop.addEventListener('abort', stopped)
    const cancel = clock.after(attemptTimeout, () =>
      controller.abort(new ConnectError('timeout', `There was no connection within ${attemptTimeout / 1000} s.`)),
    )
    try {
      return await run(controller.signal)
    } finally {
      cancel()
      stop.removeEventListener('abort', stopped) // a session that stands is not the try's any more
    }
  }

  async #wait(timeout: number, signal: AbortSignal): Promise<void> {
    const begin = (resolve: (woken: undefined) => void): void => {
      this.#wake = () => resolve(undefined)
    }
    await until(this.#parts.clock, { timeout, signal }, () => undefined, begin).catch(() => undefined)
    this.#wake = () => undefined
  }

  #fail(reason: ClientError, stop: AbortController): void {
    stop.abort()
    this.#stop = undefined
    this.#set({ name: 'failed', reason })
    this.#settle(reason)
  }

  #settle(error?: ClientError): void {
    for (const { resolve, reject } of this.#waiters.splice(0)) {
      if (error === undefined) resolve()
      else reject(error)
    }
  }

  #set(state: ClientState): void {
    this.#state = state
    this.#parts.changed(state)
  }
}

/** What was thrown on the way to a session, as one of our errors. */
export function asClientError(error: unknown): ClientError {
  if (error instanceof Error && 'kind' in error) return error as ClientError
  return new UsageError(String(error), { cause: error })
}

/** Whether the next try would end like this one. */
function isFatal(error: ClientError, mayBeLie: boolean): boolean {
  switch (error.kind) {
    case 'login':
      return error.condition !== 'temporary-auth-failure'
    case 'connect':
      return !mayBeLie && final.has(error.reason)
    case 'stream':
      return !mayBeLie && final.has(error.condition)
    case 'request':
      return error.type !== 'wait'
    case 'usage':
    case 'store':
      return true
    default:
      return false
  }
}

/** `conflict`: another client has taken the place of this one; coming back would start a fight. [RFC6120 4.9.3.3] */
const final: ReadonlySet<string> = new Set([
  'unknown-host',
  'bad-certificate',
  'no-encryption',
  'too-many-redirects',
  'conflict',
  'host-gone',
  'host-unknown',
  'not-authorized',
])
