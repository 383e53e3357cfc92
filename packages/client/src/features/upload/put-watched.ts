/** An upload by XMLHttpRequest: only this way browsers tell how far it is. */
import { onAbort } from '../../contract/abort.ts'
import type { PutOptions } from './put.ts'

/** Answers the status of HTTP. Rejects with the event where the upload broke. */
export function putWatched(
  url: string,
  headers: Headers,
  blob: Blob,
  { onProgress, signal }: PutOptions,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', url)
    headers.forEach((value, name) => void request.setRequestHeader(name, value))
    request.upload.onprogress = ({ loaded: bytes, total }) => onProgress?.({ bytes, total })
    request.onreadystatechange = () => {
      if (request.readyState !== 2) return
      // what is in the headers is for this host alone: to be sent on is no success
      if (request.responseURL === new URL(url).href) resolve(request.status)
      request.abort() // nobody needs to know what is in it, or how long it is [S126]
    }
    request.onloadend = (event) => {
      forget()
      reject(signal?.aborted ? signal.reason : event) // it does not say why
    }
    if (signal?.aborted) return reject(signal.reason)
    const forget = onAbort(signal, () => request.abort())
    request.send(blob)
  })
}
