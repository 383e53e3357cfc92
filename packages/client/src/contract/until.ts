/** A promise for something that comes from outside, and the two reasons for not waiting any longer. */
import { onAbort } from './abort.ts'
import { checkOptions } from './options.ts'
import type { Clock } from './platform.ts'

export interface UntilOptions {
  readonly signal?: AbortSignal | undefined
  /** In milliseconds; without it there is no end. */
  readonly timeout?: number | undefined
}

/** Throws a UsageError for what cannot be, and the reason of a signal that is aborted. */
export function checkWait(options: UntilOptions): undefined {
  checkOptions(options)
  options.signal?.throwIfAborted()
}

/**
 * `begin` gets what settles the promise, and may answer what is to be done when it is settled, however it came to that, but for what it has
 * settled before it answers. Rejects with the reason of the signal (`begin` is not called when it is aborted already), or with what `late` makes after the time.
 */
export function until<T>(
  clock: Clock,
  { signal, timeout }: UntilOptions,
  late: () => unknown,
  begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => (() => unknown) | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    checkWait({ signal, timeout })
    let clean: (() => unknown) | undefined
    const end = <V>(settle: (value: V) => void, value: V): void => {
      cancel?.()
      forget()
      clean?.()
      settle(value)
    }
    const cancel = timeout === undefined ? undefined : clock.after(timeout, () => end(reject, late()))
    const forget = onAbort(signal, (reason) => end(reject, reason))
    clean = begin(
      (value) => end(resolve, value),
      (error) => end(reject, error),
    )
  })
}
