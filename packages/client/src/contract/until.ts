/** A promise for something that comes from outside, and the two reasons for not waiting any longer. */
import type { Clock } from './platform.ts'

export interface UntilOptions {
  readonly signal?: AbortSignal | undefined
  /** In milliseconds; without it there is no end. */
  readonly timeout?: number | undefined
}

/**
 * `begin` gets what settles the promise, and may answer what is to be done when it is settled, however it came to that. Rejects with the
 * reason of the signal (`begin` is not called when it is aborted already), or with what `late` makes after the time.
 */
export function until<T>(
  clock: Clock,
  { signal, timeout }: UntilOptions,
  late: () => unknown,
  begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => unknown,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason)
    let clean: unknown
    let isOver = false
    const end = (run: () => void): void => {
      isOver = true
      cancel?.()
      signal?.removeEventListener('abort', aborted)
      if (typeof clean === 'function') clean()
      run()
    }
    const fail = (error: unknown): void => end(() => reject(error))
    const aborted = (): void => fail(signal?.reason)
    const cancel = timeout === undefined ? undefined : clock.after(timeout, () => fail(late()))
    signal?.addEventListener('abort', aborted)
    clean = begin((value) => end(() => resolve(value)), fail)
    if (isOver) end(() => undefined) // it settled at once
  })
}
