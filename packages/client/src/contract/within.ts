/** Waiting for work that others wait for as well: who stops waiting does not stop the work. */
import type { Jid } from '@rookery/protocol/jid'
import type { Element } from '@rookery/protocol/xml'
import { TimeoutError } from './errors.ts'
import type { Clock } from './platform.ts'
import { until } from './until.ts'

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined
  /** Milliseconds to wait for the answer; 30,000 unless told. */
  readonly timeout?: number | undefined
}

export interface RequestOptions extends WaitOptions {
  /** Whom to ask; the own account unless told. */
  readonly to?: Jid | string | undefined
  /** What a refusal means, where it says more beside its error; undefined where it does not. */
  readonly explain?: ((refusal: Element) => Error | undefined) | undefined
}

/** Throws the reason of the signal, or a TimeoutError; without a timeout it waits as long as the work takes. */
export function within<T>(clock: Clock, work: Promise<T>, options: WaitOptions): Promise<T> {
  if (options.signal === undefined && options.timeout === undefined) return work
  work.catch(() => undefined) // told to whoever waits
  const late = (): TimeoutError => new TimeoutError(`There was no answer within ${options.timeout! / 1000} s.`)
  return until(clock, options, late, (resolve, reject) => void work.then(resolve, reject))
}
