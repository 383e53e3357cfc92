/** Opens WebSockets for the subprotocol xmpp (RFC 7395 section 3.1), and looks after those that are open. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import { type Peer, withoutBindings } from '../http/peer.ts'
import { refuseUpgrade } from '../http/reply.ts'
import type { WebSurroundings } from '../http/web.ts'
import { WebSocketTransport } from './websocket-transport.ts'

const subprotocol = 'xmpp'

/** Browsers cut large messages into some. [S105] */
const mostFragments = 64
/** Pieces in which a frame may arrive: a stanza of the largest size fills some two hundred packets. */
const mostPieces = 4096

export class WebSockets {
  readonly #s: WebSurroundings
  readonly #server: WebSocketServer
  readonly #open = new Set<WebSocketTransport>()
  #watch: Disposable | undefined

  constructor(surroundings: WebSurroundings) {
    this.#s = surroundings
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false, // nothing to inflate, nothing to guess from lengths [S25, S105]
      autoPong: false,
      maxFragments: mostFragments,
      maxBufferedChunks: mostPieces,
      handleProtocols: () => subprotocol,
    })
    this.#look()
  }

  open(request: IncomingMessage, socket: Socket, head: Buffer, peer: Peer): void {
    const offered = request.headers['sec-websocket-protocol']?.split(',') ?? []
    if (!offered.some((name) => name.trim() === subprotocol))
      return refuseUpgrade(socket, 400, 'The subprotocol here is xmpp (RFC 7395).')
    this.#server.options.maxPayload = this.#s.config.limits.stanzaBytes
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      // browsers tell their pages nothing of the channel, and some libraries take a -PLUS mechanism wherever it is listed
      const isPage = request.headers.origin !== undefined
      const transport = new WebSocketTransport(ws, socket, isPage ? { ...peer, tls: withoutBindings(peer.tls) } : peer)
      this.#open.add(transport)
      ws.on('close', () => this.#open.delete(transport))
      this.#s.attach(transport)
    })
  }

  close(): void {
    this.#watch?.[Symbol.dispose]()
    for (const transport of this.#open) transport.destroy()
  }

  #look(): void {
    this.#watch = this.#s.clock.after(this.#s.config.http.pingSeconds * 1000, () => {
      for (const transport of this.#open) transport.look()
      this.#look()
    })
  }
}
