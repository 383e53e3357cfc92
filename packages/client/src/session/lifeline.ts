/**
 * The life of a client: it connects, stays online, is thrown out and comes back, until it is told to stop or trying again would not help.
 * How a connection is made, and what a session is, is not known here.
 */
import type { Jid } from '@rookery/protocol/jid'
import { until } from '../contract/until.ts'
import { type ClientError, DisconnectedError, UsageError } from '../errors.ts'
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
  /** One try: connects, and makes the session usable, within so many milliseconds. */
  readonly attempt: (stop: AbortSignal, time: number) => Promise<Live>
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
  readonly #waiters: Set<(error?: unknown) => void> = new Set()
  #wasOnline = false

  constructor(parts: LifelineParts) {
    this.#parts = parts
  }

  get state(): ClientState {
    return this.#state
  }

  /**
   * Resolves when online; rejects when it is given up, and when the signal is aborted: nothing is tried any more then, unless others wait
   * as well or it is only on its way back.
   */
  start(signal?: AbortSignal): Promise<void> {
    if (this.#state.name === 'online') return Promise.resolve()
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown): void => {
        this.#waiters.delete(settle)
        signal?.removeEventListener('abort', aborted)
        if (error === undefined) resolve()
        else reject(error)
      }
      const aborted = (): void => {
        if (this.#state.name === 'online') return // it has come about
        settle(signal?.reason)
        if (this.#waiters.size === 0 && !this.#wasOnline) this.stop()
      }
      this.#waiters.add(settle)
      signal?.addEventListener('abort', aborted)
      if (this.#stop === undefined) this.#begin()
    })
  }

  #begin(): void {
    const stop = new AbortController()
    this.#stop = stop
    this.#wasOnline = false
    const stopWatching = this.#parts.watchNetwork(() =>
      this.#state.name === 'online' ? this.#parts.check() : this.#wake(),
    )
    stop.signal.addEventListener('abort', stopWatching)
    void this.#live(stop)
  }

  /** Not connected any more, and not trying to be. */
  stop(): void {
    this.#stop?.abort()
    this.#stop = undefined
    this.#set({ name: 'offline' })
    this.#settle(new DisconnectedError())
  }

  async #live(stop: AbortController): Promise<void> {
    const { clock, canResume, attempt: connect, patience, attemptTimeout, random } = this.#parts
    const begin = clock.now()
    let attempt = 0
    for (;;) {
      attempt++
      this.#set({ name: canResume() ? 'resuming' : 'connecting', attempt })
      if (stop.signal.aborted) return // by who listens to states
      let reason: ClientError
      // what has worked before is tried again: networks lie at times, and whoever is in between may say anything in the clear
      let mayBeLie = this.#wasOnline
      try {
        const left = this.#wasOnline ? 0 : begin + patience - clock.now()
        const live = await connect(stop.signal, left > 0 ? Math.min(attemptTimeout, left) : attemptTimeout)
        if (stop.signal.aborted) return
        this.#wasOnline = true
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
      const isTooLate = !this.#wasOnline && clock.now() + delay - begin > patience
      if (isFatal(reason, mayBeLie) || !this.#parts.reconnects || isTooLate) return this.#fail(reason, stop)
      this.#set({ name: 'waiting', attempt, retryAt: clock.now() + delay, reason })
      if (!stop.signal.aborted) await this.#wait(delay, stop.signal)
      if (stop.signal.aborted) return
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
    for (const settle of [...this.#waiters]) settle(error)
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
