/** Word of the network in pages and workers. */

/** Calls `changed` when the network came back or is another one, and when the page can be seen again; the answer stops it. */
export function watchNetwork(changed: () => void): () => void {
  const stop = new AbortController()
  const listen = (target: Partial<EventTarget> | undefined, event: string, run: () => void): void =>
    target?.addEventListener?.(event, run, { signal: stop.signal })
  // there is no document in workers, no connection in Safari and Firefox, nothing to listen to in Bun
  const { document, navigator } = globalThis as {
    document?: Document
    navigator?: { connection?: EventTarget }
  }
  listen(globalThis, 'online', changed)
  listen(globalThis, 'pageshow', changed)
  listen(navigator?.connection, 'change', changed)
  listen(document, 'visibilitychange', () => {
    if (document?.visibilityState === 'visible') changed()
  })
  return () => stop.abort()
}
