/** A try that has an end. */
import { ConnectError } from '../contract/errors.ts'
import type { Clock } from '../contract/platform.ts'

/** Its signal is aborted with `stop`, and when the time that `what` has (in milliseconds) is over; not any more when it has come to something. */
export async function limited<T>(
  clock: Clock,
  stop: AbortSignal,
  time: number,
  what: string,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const cancel = clock.after(time, () => late.abort(new ConnectError('timeout', `${what} did not answer in time.`)))
  try {
    return await run(AbortSignal.any([stop, late.signal]))
  } finally {
    cancel()
  }
}
