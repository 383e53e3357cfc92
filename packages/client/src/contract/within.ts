/** Waiting for work that others wait for as well: who stops waiting does not stop the work. */
import { TimeoutError } from '../errors.ts'
import type { Clock } from '../platform.ts'

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined
  /** Milliseconds to wait for the answer; 30,000 unless told. */
  readonly timeout?: number | undefined
}

/** Throws the reason of the signal, or a TimeoutError; without a timeout it waits as long as the work takes. */
export function within<T>(clock: Clock, work: Promise<T>, { signal, timeout }: WaitOptions): Promise<T> {
  if (signal === undefined && timeout === undefined) return work
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown): void => {
      end()
      reject(reason)
    }
    const aborted = (): void => fail(signal?.reason)
    const stop =
      timeout === undefined
        ? undefined
        : clock.after(timeout, () => fail(new TimeoutError(`There was no answer within ${timeout / 1000} s.`)))
    const end = (): void => {
      stop?.()
      signal?.removeEventListener('abort', aborted)
    }
    signal?.addEventListener('abort', aborted)
    work.then((value) => {
      end()
      resolve(value)
    }, fail)
    if (signal?.aborted === true) aborted()
  })
}
