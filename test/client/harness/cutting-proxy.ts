/**
 * A wire between a real client and a real server that knows where stanzas begin and end. It can break at each of them or within, go silent, be slow, and refuse.
 *
 *     await using proxy = await CuttingProxy.to(target.ports.tcp)
 *     proxy.connect = (link) => link.cut({ direction: 'toClient', stanza: 3, where: 'within' })
 *     // the client connects to proxy.port
 *
 * To see stanzas it needs to see text: with `certificate` it ends the client's TLS itself, and speaks without TLS to the server. Where a client and a
 * server begin TLS through it, all that follows is bytes. Behind `certificate` ejabberd refuses SCRAM of clients that could bind it to TLS: go there by
 * WebSocket, or without TLS.
 */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import { NS } from '@rookery/protocol'
import { TcpStream } from '@rookery/protocol/stream'
import { Element } from '@rookery/protocol/xml'
import { Bell } from '../../../packages/client/test/waiting.ts'
import { portOf, quietPorts } from '../../../scripts/peers/quiet-ports.ts'
import { Line } from './line.ts'
import { generous, type Piece, type Pieces, TcpPieces } from './pieces.ts'
import type { Made } from './trust.ts'
import type { Counts, Cut, Direction, How } from './valve.ts'
import { HttpPieces } from './websocket.ts'

export interface ProxyOptions {
  /** What is carried; `tcp` unless told. */
  readonly transport?: 'tcp' | 'websocket'
  /** Clients speak TLS from the first byte, and are shown this one. */
  readonly certificate?: Made
}

const host = '127.0.0.1'

/** One connection of a client, and the one to the server that belongs to it. */
export class Link {
  /** From 1. */
  readonly number: number
  /** What has arrived whole, negotiation included. */
  readonly seen: Readonly<Record<Direction, Element[]>> = { toClient: [], toServer: [] }
  /** Resolves when the client's end is closed. */
  readonly closed: Promise<unknown>
  readonly #line: Line
  readonly #raw: readonly Socket[]

  constructor(number: number, client: Socket, server: Socket, options: ProxyOptions) {
    this.number = number
    const { certificate, transport = 'tcp' } = options
    const front = certificate === undefined ? client : secured(client, certificate, transport)
    const sockets: Readonly<Record<Direction, Socket>> = { toClient: front, toServer: server }
    this.#raw = [client, server]
    this.closed = new Promise((resolve) => client.once('close', resolve))
    this.#line = new Line({
      deliver: (direction, bytes, { what, bytes: whole }) => {
        if (sockets[direction].writable) sockets[direction].write(bytes)
        if (what instanceof Element && bytes.length === whole.length) this.seen[direction].push(what)
      },
      end: (direction) => sockets[direction].end(),
      break: (how) => this.#break(how),
      flow: (isFlowing) => {
        for (const socket of [front, server]) isFlowing ? socket.resume() : socket.pause()
      },
    })
    const pieces: Readonly<Record<Direction, Pieces>> = { toClient: piecesOf(transport), toServer: piecesOf(transport) }
    for (const [direction, from] of [['toServer', front] as const, ['toClient', server] as const]) {
      from.on('data', (chunk: Buffer) => {
        for (const piece of pieces[direction].split(chunk)) {
          this.#line.carry(direction, certificate === undefined ? piece : withoutStartTls(piece))
          if (piece.what instanceof Element && piece.what.is('proceed', NS.tls))
            for (const each of Object.values(pieces)) each.blind()
        }
      })
      from.on('end', () => this.#line.carry(direction, 'end'))
      from.on('error', () => this.#line.carry(direction, 'reset'))
      from.on('close', () => this.#line.carry(direction, 'end'))
    }
    if (front !== client) client.on('error', () => this.#line.carry('toServer', 'reset'))
  }

  get counts(): Readonly<Record<Direction, Counts>> {
    return this.#line.counts
  }

  /** Milliseconds that everything takes, in both directions. */
  set delay(milliseconds: number) {
    this.#line.delay = milliseconds
  }

  /** Breaks at a place that lies ahead. Over WebSocket the handshake counts among the bytes. */
  cut(cut: Cut): void {
    this.#line.cut(cut)
  }

  break(how: How = 'reset'): void {
    this.#line.break(how)
  }

  /** Half open: nothing arrives, and nobody learns of it, not even of the end of a connection. */
  freeze(): void {
    this.#line.freeze()
  }

  thaw(): void {
    this.#line.thaw()
  }

  destroy(): void {
    for (const socket of this.#raw) socket.destroy()
  }

  #break(how: 'reset' | 'end'): void {
    for (const socket of this.#raw) {
      if (how === 'reset') socket.resetAndDestroy()
      else socket.end(() => socket.destroy())
    }
  }
}

export class CuttingProxy implements AsyncDisposable {
  readonly links: Link[] = []
  /** Called for each link before anything passes. */
  connect: (link: Link) => void = () => undefined
  readonly port: number
  readonly #target: number
  readonly #options: ProxyOptions
  #server: Server | undefined
  readonly #bell = new Bell()

  private constructor(port: number, target: number, options: ProxyOptions) {
    this.port = port
    this.#target = target
    this.#options = options
  }

  /** `target`: the port of a server on this machine. */
  static async to(target: number, options: ProxyOptions = {}): Promise<CuttingProxy> {
    const [port = 0] = await quietPorts(1)
    const proxy = new CuttingProxy(port, target, options)
    await proxy.accept()
    return proxy
  }

  /** The newest. */
  get link(): Link {
    const link = this.links.at(-1)
    if (link === undefined) throw new Error('nobody has connected yet')
    return link
  }

  /** Resolves when so many have connected since the beginning. */
  async linked(count: number): Promise<Link> {
    await this.#bell.until(
      () => this.links.length >= count,
      `${count} connections`,
      () => `there were ${this.links.length}`,
    )
    return this.links[count - 1]!
  }

  /** New connections are refused; those that stand go on. */
  async refuse(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    server.close()
    // its end is awaited by nobody: it comes with that of the last connection
  }

  /** They are taken again, on the same port. */
  async accept(): Promise<void> {
    if (this.#server !== undefined) return
    const server = createServer((client) => this.#carry(client))
    this.#server = server
    server.listen({ port: this.port, host })
    await once(server, 'listening')
    if (portOf(server) !== this.port) throw new Error(`port ${this.port} was taken`)
  }

  async stop(): Promise<void> {
    await this.refuse()
    for (const link of this.links) link.destroy()
    await Promise.all(this.links.map(({ closed }) => closed))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #carry(client: Socket): void {
    const server = connect({ port: this.#target, host })
    for (const socket of [client, server]) socket.setNoDelay(true)
    const link = new Link(this.links.length + 1, client, server, this.#options)
    this.links.push(link)
    this.connect(link)
    this.#bell.ring()
  }
}

function secured(socket: Socket, { certificate, key }: Made, transport: 'tcp' | 'websocket'): TLSSocket {
  const secureContext = createSecureContext({ cert: certificate, key })
  const protocol = transport === 'tcp' ? 'xmpp-client' : 'http/1.1'
  return new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: [protocol] })
}

function piecesOf(transport: 'tcp' | 'websocket'): Pieces {
  return transport === 'tcp' ? new TcpPieces() : new HttpPieces()
}

/** The server does not know that there is TLS already. */
function withoutStartTls(piece: Piece): Piece {
  const { what } = piece
  if (piece.text !== undefined || !(what instanceof Element) || !what.is('features', NS.streams)) return piece
  const changed = what.withChildren(what.children.filter((child) => typeof child === 'string' || child.ns !== NS.tls))
  return { what: changed, bytes: Buffer.from(new TcpStream(generous).element(changed), 'latin1') }
}
