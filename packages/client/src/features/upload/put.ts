/**
 * The upload itself, which is HTTP: over TLS, to where the service said and nowhere else, with its headers (XEP-0363 1.2.0 section 4). Bundles for
 * browsers get `put-in-page.ts` in its place.
 */
import type { Slot } from '@rookery/protocol/xeps/upload'
import { onAbort } from '../../contract/abort.ts'
import { UsageError } from '../../contract/errors.ts'
import type { OpenFile, Progress } from '../../contract/file-source.ts'
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
  // a stream has no length of its own, and many servers want one
  const isStream = file.blob === undefined || onProgress !== undefined
  if (isStream) head.set('Content-Length', `${total}`)
  const source = isStream ? file.stream().getReader() : undefined
  const body = source
    ? watched(source, total, (piece, bytes) => {
        seen(piece)
        onProgress?.({ bytes, total })
      })
    : file.blob
  const letGo = (reason?: unknown): void => void source?.cancel(reason).catch(() => undefined)
  const forget = onAbort(signal, letGo)
  try {
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
  } finally {
    forget()
    letGo() // `fetch` does not where it has not begun to read, or need not go on
  }
}

/**
 * What its reader reads, each piece seen: it fails with a UsageError when it is not as long as `total` says. No `pipeThrough`: what that reads
 * nobody else can let go of, and what goes wrong there after the end is an uncaught error.
 */
function watched(
  source: ReadableStreamDefaultReader<Uint8Array>,
  total: number,
  each: (piece: Uint8Array, bytes: number) => void,
): ReadableStream<Uint8Array> {
  let bytes = 0
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await source.read()
      bytes += value?.length ?? 0
      if (bytes > total || (done && bytes < total)) throw new UsageError(`The file is not ${total} bytes long.`)
      if (done) return controller.close()
      each(value, bytes)
      controller.enqueue(value)
    },
    cancel: (reason) => source.cancel(reason),
  })
}
