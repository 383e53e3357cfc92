/** The body of an HTTP request, as a wire string, up to a bound. */
import type { IncomingMessage } from 'node:http'

export function readBody(request: IncomingMessage, most: number): Promise<string | 'too-large' | 'gone'> {
  if (Number(request.headers['content-length'] ?? 0) > most) return Promise.resolve('too-large')
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    let size = 0
    request.on('data', (piece: Buffer) => {
      size += piece.length
      if (size <= most) return void pieces.push(piece)
      request.pause()
      resolve('too-large')
    })
    request.once('end', () => resolve(Buffer.concat(pieces).toString('latin1')))
    request.once('close', () => resolve('gone'))
    request.once('error', () => resolve('gone'))
  })
}
