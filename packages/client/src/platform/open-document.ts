/** Asks for a document, without leaving https: on the way. Bundles for browsers get `open-document-in-page.ts` in its place. */

const mostRedirects = 3

/** The answer at the end of a few redirects; that of a redirect where they are more, or lead to where there is no https:. */
export async function openDocument(address: string, signal: AbortSignal): Promise<Response> {
  const how = { signal, credentials: 'omit', referrerPolicy: 'no-referrer' } as const
  let url = address
  for (let hops = 0; ; hops++) {
    const answer = await fetch(url, { ...how, redirect: 'manual' })
    // a page that was not made for browsers: they do not tell it where to
    if (answer.type === 'opaqueredirect') return fetch(url, how)
    const location = answer.status >= 300 && answer.status < 400 ? answer.headers.get('location') : null
    const next = location === null ? '' : new URL(location, url).href
    if (hops === mostRedirects || !next.startsWith('https:')) return answer
    await answer.body?.cancel()
    url = next
  }
}
