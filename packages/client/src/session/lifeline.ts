/**
 * The life of a client: it connects, stays online, is thrown out and comes back, until it is told to stop or trying again would not help.
 * How a connection is made, and what a session is, is not known here.
 */
import type { Jid } from '@rookery/protocol/jid'
import { backOff } from '../contract/backoff.ts'
import { type ClientError, ConnectError, DisconnectedError, UsageError } from '../contract/errors.ts'
import type { ClientOptions } from '../contract/options.ts'
import type { Platform } from '../contract/platform.ts'
import type { ClientState } from '../contract/state.ts'
import { type UntilOptions, until } from '../contract/until.ts'
import type { Connection } from '../negotiate/connection.ts'

/** A session that is up. */
export interface Live {
  readonly jid: Jid
  readonly resumed: boolean
  readonly connection: Pick<Connection, 'closed'>
}

/** What makes sessions. */
export interface Attempts {
  readonly canResume: boolean
  /**
   * One try: connects, and makes the session usable, within so many milliseconds from when it calls `began`, which gives what ends it. What a
   * person takes to answer comes before that.
   */
  begin(began: () => AbortSignal, time: number): Promise<Live>
  /** Ends the session in order, if there is one. */
  end(): Promise<undefined>
  /** The network may have changed while we are online: is the connection still good? */
  check(): void
}

/** A session that ends sooner is no success: the next try waits as if it had failed. */
const steady = 30_000

/** A try that has not come to something in so many milliseconds is given up at word of another network. */
const hanging = 2_000

export class Lifeline {
  readonly #platform: Platform
  readonly #options: Pick<ClientOptions, 'reconnect' | 'patience' | 'attemptTimeout'>
  readonly #attempts: Attempts
  readonly #changed: (state: ClientState) => void
  #state: ClientState = { name: 'offline' }
  /** What is being told, and what came of it: to be told when all have heard of that. */
  #news: ClientState[] | undefined
  #stop: AbortController | undefined
  #wake: () => void = () => undefined
  readonly #waiters: Set<(error?: ClientError) => void> = new Set()
  /** How many call `start`. */
  #starts = 0
  #wasOnline = false

  constructor(
    platform: Platform,
    options: Pick<ClientOptions, 'reconnect' | 'patience' | 'attemptTimeout'>,
    attempts: Attempts,
    changed: (state: ClientState) => void,
  ) {
    this.#platform = platform
    this.#options = options
    this.#attempts = attempts
    this.#changed = changed
  }

  get state(): ClientState {
    return this.#state
  }

  /** Begins to connect, if nobody has. When the signal is aborted nothing is tried any more, unless others connect as well or it is on its way back. */
  start(signal?: AbortSignal): Promise<void> {
    if (!this.#stop) void this.#live()
    return this.wait({ signal }, 1)
  }

  /** Resolves when online; rejects when it is given up, and when nobody connects. `starts`: 1 for who has called `start`. */
  async wait(options: UntilOptions, starts = 0): Promise<void> {
    const state = this.#state
    if (state.name === 'online') return
    if (!this.#stop) throw state.name === 'failed' ? state.reason : new DisconnectedError('Call connect() first.')
    const late = (): DisconnectedError => new DisconnectedError()
    await until<void>(this.#platform.clock, options, late, (resolve, reject) => {
      const settle = (error?: ClientError): void => (error ? reject(error) : resolve())
      this.#waiters.add(settle)
      this.#starts += starts
      return () => {
        this.#waiters.delete(settle)
        this.#starts -= starts
        if (starts && !this.#starts && !this.#wasOnline && this.#stop) this.stop()
      }
    })
  }

  /** Not connected any more, and not trying to be. */
  stop(): void {
    this.#end({ name: 'offline' }, new DisconnectedError())
  }

  async #live(): Promise<void> {
    const { clock, crypto } = this.#platform
    const { patience = 20_000, attemptTimeout = 15_000, reconnect = true } = this.#options
    const stop = new AbortController()
    this.#stop = stop
    this.#wasOnline = false
    const changed = (): void => (this.#state.name === 'online' ? this.#attempts.check() : this.#wake())
    stop.signal.addEventListener('abort', this.#platform.watchNetwork(changed))
    let left = patience
    for (let attempt = 1; !stop.signal.aborted; attempt++) {
      this.#set({ name: this.#attempts.canResume ? 'resuming' : 'connecting', attempt })
      if (stop.signal.aborted) return // by who listens to states
      let reason: ClientError
      // what has worked before is tried again: networks lie at times, and whoever is in between may say anything in the clear
      let mayBeLie = this.#wasOnline
      let trial = new AbortController()
      let began = clock.now()
      // what hangs may hang on the network of before
      this.#wake = () => {
        if (reconnect && clock.now() - began > hanging)
          trial.abort(new ConnectError('unreachable', 'The network has changed.'))
      }
      try {
        const live = await this.#attempts.begin(
          () => {
            trial = new AbortController()
            began = clock.now()
            return AbortSignal.any([stop.signal, trial.signal])
          },
          this.#wasOnline ? attemptTimeout : Math.min(attemptTimeout, left || attemptTimeout),
        )
        if (stop.signal.aborted) return void this.#attempts.end()
        this.#wasOnline = true
        mayBeLie = false
        began = clock.now()
        this.#settle() // those who wait go on after this turn
        this.#set({ name: 'online', jid: live.jid, resumed: live.resumed })
        reason = (await live.connection.closed) ?? new DisconnectedError()
        if (clock.now() - began >= steady) attempt = 0
      } catch (error) {
        reason = asClientError(error)
      }
      if (stop.signal.aborted) return
      const delay = trial.signal.aborted ? 0 : backOff(attempt, crypto.random(1)[0]! / 255)
      left -= delay + Math.min(Math.max(clock.now() - began, 0), attemptTimeout) // clocks jump
      if (isFatal(reason, mayBeLie) || !reconnect || (!this.#wasOnline && left <= 0))
        return this.#end({ name: 'failed', reason }, reason)
      this.#set({ name: 'waiting', attempt, retryAt: clock.now() + delay, reason })
      if (stop.signal.aborted) return
      await new Promise<void>((resolve) => {
        const cancel = clock.after(delay, resolve)
        this.#wake = () => {
          cancel()
          resolve()
        }
      })
    }
  }

  #end(state: ClientState, reason: ClientError): void {
    this.#stop?.abort(reason)
    this.#stop = undefined
    this.#wake()
    this.#settle(reason) // before somebody who listens to states begins anew
    this.#set(state)
  }

  #settle(error?: ClientError): void {
    for (const settle of [...this.#waiters]) settle(error)
  }

  #set(state: ClientState): void {
    if (state.name === this.#state.name) return
    this.#state = state
    if (this.#news) return void this.#news.push(state)
    for (const one of (this.#news = [state])) this.#changed(one)
    this.#news = undefined
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
    case 'stream':
      return !mayBeLie && final.includes('reason' in error ? error.reason : error.condition)
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
const final: readonly string[] = [
  'unknown-host',
  'bad-certificate',
  'no-encryption',
  'too-many-redirects',
  'conflict',
  'host-gone',
  'host-unknown',
  'not-authorized',
]
