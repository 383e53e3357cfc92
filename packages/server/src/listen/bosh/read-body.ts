/** The body of an HTTP request, as a wire string, up to a bound. */
import type { IncomingMessage } from 'node:http'

export interface Bounds {
  /** For strangers. */
  readonly usual: number
  /** For those who are known. */
  readonly known: number
  /** Asked once more has come than is usual. */
  isKnown(begun: string): boolean
}

export function readBody(request: IncomingMessage, bounds: Bounds): Promise<string | 'too-large' | 'gone'> {
  const length = Number(request.headers['content-length'] ?? 0)
  if (length > bounds.known) return Promise.resolve('too-large')
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    let size = 0
    let most = bounds.usual
    request.on('data', (piece: Buffer) => {
      size += piece.length
      if (size > most && most < bounds.known && bounds.isKnown(wire(pieces))) most = bounds.known
      if (size <= most) return void pieces.push(piece)
      request.pause()
      resolve('too-large')
    })
    request.once('end', () => resolve(wire(pieces)))
    request.once('close', () => resolve('gone'))
    request.once('error', () => resolve('gone'))
  })
}

function wire(pieces: readonly Buffer[]): string {
  return Buffer.concat(pieces).toString('latin1')
}
