/**
 * The HTTP side of the server: takes sockets, in the clear or for TLS, and sends requests where they belong, to WebSocket, BOSH or
 * discovery. Limits as for other connections, and those that HTTP needs beside them. Catalogue S106–S109, S119.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { XmlLimits } from '@rookery/protocol/xml'
import type { ServerConfig } from '../../config/schema.ts'
import type { Gate } from '../../gate.ts'
import type { ClockPower, Log, RandomPower } from '../../powers.ts'
import type { TlsState, Transport } from '../../transport.ts'
import { Bosh } from '../bosh/bosh.ts'
import type { Certificates } from '../certificates.ts'
import type { Endpoint } from '../listeners.ts'
import { SocketTlsState } from '../tls-state.ts'
import { WebSockets } from '../websocket/websockets.ts'
import { Discovery } from './discovery.ts'
import { Origins } from './origins.ts'
import { type Peer, peerOf } from './peer.ts'
import { Proxies } from './proxies.ts'
import { refuse, refuseUpgrade, reply } from './reply.ts'

/** What the HTTP side needs of the server. */
export interface WebSurroundings {
  readonly config: ServerConfig
  readonly clock: ClockPower
  readonly random: RandomPower
  readonly log: Log
  readonly gate: Gate
  readonly certificates: Certificates
  /** How much XML one may send before the login, and after it. */
  xmlLimits(): { readonly before: XmlLimits; readonly after: XmlLimits }
  attach(transport: Transport): void
  endpoints(): readonly Endpoint[]
}

/** One TCP connection that speaks HTTP. */
interface HttpConnection {
  readonly address: string
  readonly tls: TlsState | undefined
  /** Whether it counts at the gate. Those of proxies do not: the streams that come through them do, by the address of the client. */
  isCounted: boolean
  isLoggedIn: boolean
}

const handshakeMs = 10_000
/** Of headers; ours and those of browsers are far smaller. [S119] */
const headerBytes = 16_384
const headerCount = 100

export class Web {
  readonly #s: WebSurroundings
  readonly #http: Server
  readonly #connections = new WeakMap<Duplex, HttpConnection>()
  /** Sockets under way: during the TLS handshake, and as HTTP connections. */
  readonly #sockets = new Set<Socket>()
  readonly #proxies: Proxies
  readonly #origins: Origins
  readonly #websockets: WebSockets
  readonly #bosh: Bosh
  readonly #discovery: Discovery

  constructor(surroundings: WebSurroundings) {
    this.#s = surroundings
    const { http, hosts } = surroundings.config
    this.#proxies = new Proxies(http.trustedProxies)
    this.#origins = new Origins(hosts, http.origins)
    this.#websockets = new WebSockets(surroundings)
    this.#bosh = new Bosh(surroundings)
    this.#discovery = new Discovery(surroundings.config, surroundings.endpoints)
    this.#http = createServer({
      maxHeaderSize: headerBytes,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      connectionsCheckingInterval: 2000,
      // longer than proxies keep theirs, so that it is they who close
      keepAliveTimeout: 75_000,
      shouldUpgradeCallback: (request) => isWebSocket(request) && this.#pathOf(request) === http.websocketPath,
    })
    this.#http.maxHeadersCount = headerCount
    this.#http.on('request', (request, response) => this.#request(request, response))
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    // sockets are handed to it, so it never listens by itself; but that is when it begins to look after slow requests
    this.#http.emit('listening')
  }

  accept(socket: Socket, isTls: boolean): void {
    const { gate, config, clock, log } = this.#s
    const address = socket.remoteAddress ?? ''
    const isCounted = !this.#proxies.trusts(address)
    if (isCounted) {
      const turned = gate.enter(address, config.limits, clock.monotonic())
      if (turned !== undefined) {
        log.debug({ address, limit: turned }, 'connection refused')
        return void socket.destroy() // [S23]
      }
    }
    const connection: HttpConnection = { address, tls: undefined, isCounted, isLoggedIn: false }
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#leave(connection)
    })
    if (isTls) this.#secure(socket, connection)
    else this.#take(socket, connection)
  }

  /** Whether answers are still on their way. */
  get isSending(): boolean {
    for (const { writableLength } of this.#sockets) if (writableLength > 0) return true
    return false
  }

  /** Ends what is left. */
  close(): void {
    this.#websockets.close()
    this.#bosh.close()
    this.#http.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  /** The first bytes are handed on for the reason that SocketTransport gives: TLS then reads into a small buffer. */
  #secure(plain: Socket, connection: HttpConnection): void {
    const late = this.#s.clock.after(handshakeMs, () => plain.destroy())
    plain.on('error', () => undefined) // 'close' follows
    plain.once('close', () => late[Symbol.dispose]())
    plain.once('data', (hello: Buffer) => {
      plain.pause()
      plain.unshift(hello)
      this.#handshake(plain, connection, late)
    })
  }

  #handshake(plain: Socket, connection: HttpConnection, late: Disposable): void {
    const setup = this.#s.certificates.setup(this.#s.config.hosts[0]!, 'http/1.1')
    const secure = new TLSSocket(plain, setup.options)
    secure.on('error', () => undefined) // 'close' follows
    this.#sockets.add(secure)
    secure.once('close', () => {
      this.#sockets.delete(secure)
      plain.destroy()
    })
    secure.once('secure', () => {
      late[Symbol.dispose]()
      const state = new SocketTlsState(secure, setup)
      this.#take(secure, Object.assign(connection, { tls: state }))
    })
  }

  #take(socket: Socket, connection: HttpConnection): void {
    this.#connections.set(socket, connection)
    this.#http.emit('connection', socket)
  }

  #leave(connection: HttpConnection): void {
    if (!connection.isCounted) return
    connection.isCounted = false
    this.#s.gate.leave(connection.address, connection.isLoggedIn)
  }

  #pathOf(request: IncomingMessage): string {
    const target = request.url ?? ''
    // with the scheme and the host before the path it is no other request [RFC9112 3.2.2]
    const url = target.startsWith('http') && URL.canParse(target) ? new URL(target).pathname : target
    const query = url.indexOf('?')
    return query < 0 ? url : url.slice(0, query)
  }

  #peerOf(request: IncomingMessage): Peer {
    const connection = this.#connections.get(request.socket)
    return peerOf(connection?.address ?? '', connection?.tls, request.headers, this.#proxies)
  }

  /** Why nobody may open a stream from here, or undefined. */
  #refusal(request: IncomingMessage, peer: Peer): string | undefined {
    if (!this.#origins.allows(request.headers.origin, peer))
      return 'Pages of this origin may not connect: the operator can add it to http.origins.' // [S106]
    const { tls, auth } = this.#s.config
    if (peer.tls === undefined && tls.required && !auth.plainWithoutTls)
      return 'TLS is required: use the https port, or a proxy that is trusted and says X-Forwarded-Proto: https.' // [S107]
    return undefined
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined) // 'close' follows
    if (this.#pathOf(request) !== this.#s.config.http.websocketPath)
      return refuseUpgrade(socket, 404, 'There is nothing here.')
    const peer = this.#peerOf(request)
    const refusal = this.#refusal(request, peer)
    if (refusal !== undefined) return refuseUpgrade(socket, 403, refusal)
    // from here on it counts as a stream, by the address of the client
    const connection = this.#connections.get(socket)
    if (connection !== undefined) this.#leave(connection)
    this.#websockets.open(request, socket as Socket, head, peer)
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const { http } = this.#s.config
    const path = this.#pathOf(request)
    if (path === http.websocketPath)
      return reply(response, 426, 'This is a WebSocket endpoint (RFC 7395).', {
        Upgrade: 'websocket',
        Connection: 'Upgrade, close',
      })
    if (path === http.boshPath) return this.#askBosh(request, response)
    if (http.hostMeta && this.#discovery.answers(path))
      return this.#discovery.answer(request, response, path, this.#peerOf(request))
    return refuse(request, response, 404, 'There is nothing here.')
  }

  #askBosh(request: IncomingMessage, response: ServerResponse): void {
    const peer = this.#peerOf(request)
    const refusal = this.#refusal(request, peer)
    if (refusal !== undefined) return refuse(request, response, 403, refusal)
    const { origin } = request.headers
    const cors =
      origin === undefined ? {} : { 'Access-Control-Allow-Origin': this.#origins.header(origin), Vary: 'Origin' }
    this.#bosh
      .answer(request, response, peer, cors, () => this.#loggedIn(request))
      .catch((error) => {
        this.#s.log.error({ error }, 'a BOSH request could not be handled')
        response.destroy()
      })
  }

  /** What comes over this connection belongs to somebody who is logged in: it does not count as a stranger's. */
  #loggedIn(request: IncomingMessage): void {
    const connection = this.#connections.get(request.socket)
    if (connection === undefined || connection.isLoggedIn || !connection.isCounted) return
    connection.isLoggedIn = true
    this.#s.gate.authenticated(connection.address)
  }
}

function isWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket'
}
