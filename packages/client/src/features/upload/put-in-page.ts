/**
 * The upload itself, which is HTTP: over TLS, to where the service said and nowhere else, with its headers (XEP-0363 1.2.0 section 4). For
 * bundles for browsers, few of which send streams, and none tells how far it is but by XMLHttpRequest. Elsewhere it is `put.ts`.
 */
import type { Slot } from '@rookery/protocol/xeps/upload'
import { UsageError } from '../../contract/errors.ts'
import { type OpenFile, wholeOf } from '../../contract/file-source.ts'
import type { PutOptions } from './put.ts'
import { putWatched } from './put-watched.ts'

/** `seen` is shown what was a stream. Answers the status. */
export async function put(
  { url, headers }: Slot['put'],
  file: OpenFile,
  seen: (piece: Uint8Array) => void,
  options: PutOptions,
): Promise<number> {
  const { signal, onProgress, fetch = globalThis.fetch } = options
  const head = new Headers(headers as [string, string][])
  head.set('Content-Type', file.type)
  const body = file.blob ?? (await readStream(file, seen, signal))
  // there is none in service workers
  if (onProgress && options.fetch === undefined && 'XMLHttpRequest' in globalThis)
    return await putWatched(url, head, body, options)
  const answer = await fetch(url, {
    method: 'PUT',
    headers: head,
    body,
    redirect: 'error', // what is in the headers is for this host alone
    credentials: 'omit',
    signal: signal ?? null,
  })
  await answer.body?.cancel() // nobody needs to know what is in it, or how long it is [S126]
  onProgress?.({ bytes: file.size, total: file.size })
  return answer.status
}

async function readStream(
  { size, stream }: OpenFile,
  seen: (piece: Uint8Array) => void,
  signal: AbortSignal | undefined,
): Promise<Blob> {
  let bytes = 0
  const blob = await wholeOf(stream(), signal, {
    transform(piece, controller) {
      seen(piece)
      bytes += piece.length
      controller.enqueue(piece)
      if (bytes > size) controller.terminate() // it may have no end
    },
  })
  if (bytes !== size) throw new UsageError(`The file is not ${size} bytes long.`)
  return blob
}
