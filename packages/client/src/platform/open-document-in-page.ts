/**
 * Asks for a document in a page: for bundles for browsers. They follow redirects by themselves and tell no page where to, and keep pages from
 * https: from going to http: on the way. Elsewhere it is `open-document.ts`.
 */

/** The answer at the end of all redirects. */
export function openDocument(url: string, signal: AbortSignal): Promise<Response> {
  return fetch(url, { signal, credentials: 'omit', referrerPolicy: 'no-referrer' })
}
