/**
 * The upload itself, which is HTTP: over TLS, to where the service said and nowhere else, with its headers (XEP-0363 1.2.0 section 4). Bundles for
 * browsers get `put-in-page.ts` in its place.
 */
import type { Slot } from '@rookery/protocol/xeps/upload'
import { metered, type OpenFile, type Progress } from '../../contract/file-source.ts'
import { putWatched } from './put-watched.ts'

export interface PutOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** In place of the one that is there. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** `seen` is shown what goes out; it is not, where the platform reads the file by itself. Answers the status. */
export async function put(
  { url, headers }: Slot['put'],
  file: OpenFile,
  seen: (piece: Uint8Array) => void,
  options: PutOptions,
): Promise<number> {
  const { signal, onProgress, fetch = globalThis.fetch } = options
  const head = new Headers(headers as [string, string][])
  head.set('Content-Type', file.type)
  // only this way browsers tell how far it is
  if (file.blob && onProgress && options.fetch === undefined && 'XMLHttpRequest' in globalThis)
    return await putWatched(url, head, file.blob, options)
  const total = file.size
  const meter = metered(total, (piece, bytes) => {
    seen(piece)
    onProgress?.({ bytes, total })
  })
  // a stream has no length of its own, and many servers want one
  const isStream = file.blob === undefined || onProgress !== undefined
  if (isStream) head.set('Content-Length', `${total}`)
  const through = signal ? { signal } : {} // `fetch` lets go of what it waits for, but does not say so
  const body = isStream ? file.stream().pipeThrough(meter, through) : file.blob
  const answer = await fetch(url, {
    method: 'PUT',
    headers: head,
    body,
    redirect: 'error', // what is in the headers is for this host alone
    credentials: 'omit',
    ...(isStream && { duplex: 'half' }),
    ...(signal && { signal }),
  } as RequestInit)
  await answer.body?.cancel() // nobody needs to know what is in it, or how long it is [S126]
  return answer.status
}
