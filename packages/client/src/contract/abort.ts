/** Calls `stop` with the reason when the signal says so, also if it has already; the answer ends that. */
export function onAbort(signal: AbortSignal | undefined, stop: (reason: unknown) => void): () => void {
  const stopped = (): void => stop(signal!.reason)
  if (signal?.aborted) stopped()
  else signal?.addEventListener('abort', stopped, { once: true })
  return () => signal?.removeEventListener('abort', stopped)
}
