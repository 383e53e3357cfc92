/** Short answers in plain text, and what every answer of ours says to a browser. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** Nothing of ours is a page: no browser shall guess that it is one. */
const always: OutgoingHttpHeaders = { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' }

export function reply(
  response: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
  type = 'text/plain; charset=utf-8',
): void {
  const bytes = Buffer.from(text, 'utf8')
  response.writeHead(status, { ...always, 'Content-Type': type, 'Content-Length': bytes.length, ...headers })
  response.end(bytes)
}

/** For a request whose body nobody reads: the connection goes, too. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined
  reply(response, status, text, hasBody ? { ...headers, Connection: 'close' } : headers)
}

/** An answer in place of an upgrade; the socket is no HTTP connection any more. */
export function refuseUpgrade(socket: Duplex, status: number, text: string, headers = ''): void {
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n`
  socket.end(`${head}${headers}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
}
