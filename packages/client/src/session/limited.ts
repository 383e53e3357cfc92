/** A try that has an end. */
import { ConnectError } from '../contract/errors.ts'
import type { Clock } from '../contract/platform.ts'
import { onAbort } from '../platform/abort.ts'

/** Its signal is aborted with `stop`, and when its time (in milliseconds) is over; not any more when it has come to something. */
export async function limited<T>(
  clock: Clock,
  stop: AbortSignal,
  time: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const cancel = clock.after(time, () =>
    controller.abort(new ConnectError('timeout', 'There was no connection in time.')),
  )
  const forget = onAbort(stop, () => controller.abort(stop.reason))
  try {
    return await run(controller.signal)
  } finally {
    cancel()
    forget()
  }
}
