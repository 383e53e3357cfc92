/** What becomes of connecting when its signal says stop. */
import { ConnectError } from '../contract/errors.ts'

/** What to throw: a signal of time is a ConnectError that says what did not answer; any other reason is the caller's own. */
export function abortReason(signal: AbortSignal, what: string): unknown {
  const reason: unknown = signal.reason
  const isTime = reason instanceof DOMException && reason.name === 'TimeoutError'
  return isTime ? new ConnectError('timeout', `${what} did not answer in time.`) : reason
}

/** Calls `stop` when the signal says so, also if it has already; the answer ends that. */
export function onAbort(signal: AbortSignal, stop: () => void): () => void {
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return () => signal.removeEventListener('abort', stop)
}
