/**
 * This server in the same process, reached over WebSocket. Scenarios speak as over TCP; here each of their elements becomes a
 * frame, and the tags of a stream become `<open/>` and `<close/>`, in both directions (RFC 7395 section 3.3).
 */
import { Element, parseElement, writeElement } from '@rookery/protocol/xml'
import type { ServerOptions } from '@rookery/server'
import { startHttpTarget } from './http-target.ts'
import { attributesOf, generous, headerWith, type StreamPiece, StreamPieces } from './stream-pieces.ts'
import type { RawConnection, Target } from './target.ts'
import { STREAM } from './xml.ts'

const framing = 'urn:ietf:params:xml:ns:xmpp-framing'

export const startWebSocketTarget = (options: ServerOptions = {}): Promise<Target> =>
  startHttpTarget('websocket', options, (port, { http }) => dial(`ws://127.0.0.1:${port}${http.websocketPath}`))

const dial = (url: string): Promise<RawConnection> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'xmpp')
    const pieces = new StreamPieces()
    const connection: RawConnection = {
      send: (wire) => {
        for (const piece of pieces.cut(wire)) socket.send(Buffer.from(toFrame(piece), 'latin1').toString())
      },
      onData: () => {},
      onClose: () => {},
      close: () => socket.close(),
      destroy: () => socket.close(),
    }
    socket.onopen = () => resolve(connection)
    socket.onerror = () => reject(new Error(`no WebSocket at ${url}`))
    socket.onmessage = ({ data }) => connection.onData(fromFrame(Buffer.from(String(data)).toString('latin1')))
    socket.onclose = () => connection.onClose()
  })

const toFrame = (piece: StreamPiece): string => {
  switch (piece.kind) {
    case 'open':
      return `<open xmlns='${piece.open.ns === STREAM ? framing : piece.open.ns}'${attributesOf(piece.open)}/>`
    case 'element':
      return writeElement(piece.element, '')
    case 'close':
      return `<close xmlns='${framing}'/>`
    case 'raw':
      return piece.wire
  }
}

/** A frame as it would stand in a stream over TCP. */
const fromFrame = (frame: string): string => {
  const element = parseElement(frame, generous)
  if (!(element instanceof Element) || element.ns !== framing) return frame
  return element.name === 'close' ? '</stream:stream>' : headerWith(attributesOf(element))
}
