/** An upload by XMLHttpRequest: only this way browsers tell how far it is. */
import type { PutOptions } from './put.ts'
import { UploadError } from './upload-error.ts'

/** Answers the status of HTTP. */
export function putWatched(
  url: string,
  headers: Headers,
  blob: Blob,
  { onProgress, signal }: PutOptions,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const aborted = (): void => request.abort()
    request.open('PUT', url)
    headers.forEach((value, name) => void request.setRequestHeader(name, value))
    request.upload.onprogress = ({ loaded: bytes, total }) => onProgress?.({ bytes, total })
    request.onloadend = () => {
      signal?.removeEventListener('abort', aborted)
      if (signal?.aborted) reject(signal.reason)
      else if (request.status === 0) reject(new UploadError('failed', 'The upload broke: try again.'))
      else resolve(request.status)
    }
    if (signal?.aborted) return reject(signal.reason)
    signal?.addEventListener('abort', aborted)
    request.send(blob)
  })
}
