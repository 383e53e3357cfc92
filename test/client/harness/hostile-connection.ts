/** One connection of the hostile server: its stream, who has logged in on it, and everything a test may do to it. */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { NS } from '@rookery/protocol'
import { StanzaError, type StanzaErrorCondition } from '@rookery/protocol/stanza'
import {
  FRAME_END,
  STREAM_END,
  StreamError,
  StreamHeader,
  TcpStream,
  WebSocketStream,
  type XmppStream,
} from '@rookery/protocol/stream'
import { acknowledgementRequest } from '@rookery/protocol/xeps/management'
import { Element, el } from '@rookery/protocol/xml'
import type { HostileServer } from './hostile-server.ts'
import { Line } from './line.ts'
import { Login, offersOf } from './login.ts'
import { generous, type Piece, type Pieces, TcpPieces } from './pieces.ts'
import { answer } from './requests.ts'
import { manage, type Session } from './session.ts'
import { type Counts, type Cut, type Direction, type How, isStanza } from './valve.ts'
import { frameOf, opcode, WebSocketPieces } from './websocket.ts'

export type TransportName = 'tcp' | 'websocket'

export class Connection {
  readonly server: HostileServer
  /** From 1, in the order of connecting. */
  readonly number: number
  readonly transport: TransportName
  /** What the client's header named. */
  header: StreamHeader | undefined
  /** Local part, once somebody has logged in. */
  account: string | undefined
  session: Session | undefined
  readonly #raw: Socket
  #socket: Socket
  #pieces: Pieces
  #stream: XmppStream
  readonly #line: Line
  readonly #login: Login = new Login(this)
  #work: Promise<unknown> = Promise.resolve()

  /** `socket` is `raw`, or TLS on it. Over WebSocket the handshake is over. */
  constructor(server: HostileServer, number: number, transport: TransportName, raw: Socket, socket: Socket) {
    this.server = server
    this.number = number
    this.transport = transport
    this.#raw = raw
    this.#socket = socket
    this.#stream = transport === 'tcp' ? new TcpStream(generous) : new WebSocketStream(generous)
    this.#pieces =
      transport === 'tcp' ? new TcpPieces() : new WebSocketPieces((code, payload) => this.#control(code, payload))
    this.#line = new Line({
      deliver: (direction, bytes, piece) => this.#deliver(direction, bytes, piece),
      end: (direction) => this.#ended(direction),
      break: (how) => this.#break(how),
      flow: (isFlowing) => (isFlowing ? this.#socket.resume() : this.#socket.pause()),
    })
    raw.setNoDelay(true)
    raw.on('error', () => undefined)
    raw.on('close', () => this.#gone())
    this.#plug(socket)
  }

  get isSecure(): boolean {
    return this.secure !== undefined
  }

  get secure(): TLSSocket | undefined {
    return this.#socket instanceof TLSSocket ? this.#socket : undefined
  }

  /** What has passed. */
  get counts(): Readonly<Record<Direction, Counts>> {
    return this.#line.counts
  }

  /** Milliseconds that everything takes, in both directions. */
  set delay(milliseconds: number) {
    this.#line.delay = milliseconds
  }

  /** Breaks the connection at a place that lies ahead. */
  cut(cut: Cut): void {
    this.#line.cut(cut)
  }

  /** Breaks it at once. */
  break(how: How = 'reset'): void {
    this.#line.break(how)
  }

  /** Neither reads nor writes, and does not close: half open. */
  freeze(): void {
    this.#line.freeze()
  }

  thaw(): void {
    this.#line.thaw()
  }

  /** By way of the script. Stanzas are counted where stream management is on. */
  send(element: Element): void {
    if (this.session?.isManaged && isStanza(element)) this.session.unacknowledged.push(element)
    this.repeat(element)
    if (this.session?.isManaged && isStanza(element) && this.server.behaviour.asksForAcks)
      this.repeat(acknowledgementRequest)
  }

  /** Like `send`, without counting. */
  repeat(element: Element): void {
    const { send } = this.server.script
    const chosen = send === undefined ? element : send(element, this)
    for (const one of chosen === undefined ? [] : Array.isArray(chosen) ? chosen : [chosen]) this.put(one)
  }

  /** Past the script. A string goes as it is. */
  put(sent: Element | string): void {
    this.server.journal.write(this.number, 'sent', sent)
    if (sent instanceof Element) this.#write(this.#stream.element(sent), sent)
    else this.#write(sent, 'bytes')
  }

  /** A wire string that arrives in pieces: the next goes when a client in this process has read the one before. */
  async trickle(wire: string, cuts: readonly number[]): Promise<void> {
    this.server.journal.write(this.number, 'sent', wire)
    let from = 0
    for (const to of [...cuts, wire.length]) {
      this.#write(wire.slice(from, to), 'bytes')
      from = to
      const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
      while (this.#socket.writableLength > 0) await turn()
      for (let turns = 0; turns < 3; turns++) await turn()
    }
  }

  /** The answer to an IQ. */
  reply(iq: Element, payload?: Element): void {
    this.send(el('iq', NS.client, this.#answering(iq, 'result'), [payload]))
  }

  refuse(iq: Element, condition: StanzaErrorCondition): void {
    this.send(el('iq', NS.client, this.#answering(iq, 'error'), [new StanzaError(condition).toElement()]))
  }

  #answering(iq: Element, type: string): Record<string, string | undefined> {
    return { type, id: iq.attr('id'), from: iq.attr('to'), to: this.session?.jid }
  }

  /** Says what is wrong, and ends the stream. */
  error(error: StreamError): void {
    this.repeat(error.toElement())
    this.close()
  }

  /** Ends the stream in order. */
  close(): void {
    this.#write(this.#stream.close(), STREAM_END)
    this.#line.carry('toClient', 'end')
  }

  /** Ends a WebSocket with this code, without a word on the stream. [RFC6455 7.4.1] */
  closeWith(code: number): void {
    this.#line.carry('toClient', { bytes: frameOf(Buffer.from([code >> 8, code & 0xff]), opcode.close), what: 'bytes' })
    this.#line.carry('toClient', 'end')
  }

  /** Features as they are now. */
  offer(): void {
    const offered = offersOf(this)
    const { features } = this.server.script
    this.send(el('features', NS.streams, {}, features === undefined ? offered : features(offered, this)))
  }

  /** The client is about to begin a new stream. */
  restart(): void {
    this.#stream.restart()
  }

  /** TLS begins, whatever was said before. */
  startTls(): void {
    this.#socket.removeAllListeners('data').removeAllListeners('end')
    const secure = this.server.secure(this.#raw)
    this.#stream = new TcpStream(generous)
    this.#pieces = new TcpPieces()
    this.#plug(secure)
  }

  /** A new session, as whoever has logged in. A resource that is in use is taken over. */
  bind(resource = `client-${this.number}`): Session {
    const session = this.server.open(this.account ?? 'nobody', resource)
    this.join(session)
    return session
  }

  join(session: Session): void {
    this.session = session
    session.connection = this
    this.server.journal.write(this.number, 'event', `session of ${session.jid}`)
  }

  /** Another connection took its session. */
  leave(): void {
    this.session = undefined
    this.error(new StreamError('conflict', 'the session goes on elsewhere'))
  }

  #plug(socket: Socket): void {
    this.#socket = socket
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      for (const piece of this.#pieces.split(chunk)) this.#line.carry('toServer', piece)
    })
    socket.on('end', () => this.#line.carry('toServer', 'end'))
    if (socket instanceof TLSSocket)
      socket.once('secure', () => this.server.journal.write(this.number, 'event', `secured by ${socket.getProtocol()}`))
  }

  #write(wire: string, what: Piece['what']): void {
    if (wire === '' || this.#line.isBroken) return
    if (this.transport === 'tcp') return this.#line.carry('toClient', { bytes: Buffer.from(wire, 'latin1'), what })
    for (const frame of wire.split(FRAME_END).filter((text) => text !== ''))
      this.#line.carry('toClient', { bytes: frameOf(Buffer.from(frame, 'latin1')), what })
  }

  #control(code: number, payload: Buffer): void {
    if (code === opcode.ping) this.#line.carry('toClient', { bytes: frameOf(payload, opcode.pong), what: 'bytes' })
    if (code !== opcode.close) return
    this.#line.carry('toClient', { bytes: frameOf(payload, opcode.close), what: 'bytes' })
    this.#line.carry('toClient', 'end')
  }

  #deliver(direction: Direction, bytes: Buffer, piece: Piece): void {
    if (direction === 'toClient') {
      if (this.#socket.writable) this.#socket.write(bytes)
      return
    }
    if (this.transport === 'tcp') this.#stream.feed(bytes.toString('latin1'))
    else if (piece.text !== undefined && bytes.length === piece.bytes.length) this.#stream.feed(piece.text)
    this.#work = this.#work.then(() => this.#read()).catch((error: unknown) => this.server.fail(error))
  }

  async #read(): Promise<void> {
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      this.server.journal.write(this.number, 'received', event)
      if (event instanceof StreamError) return this.error(event)
      if (event === STREAM_END) return this.#closed()
      if (event instanceof StreamHeader) this.#greet(event)
      else await this.#take(event)
    }
  }

  #greet(header: StreamHeader): void {
    this.header = header
    const ours = new StreamHeader({ from: this.server.domain, id: `s${this.number}`, version: '1.0', lang: 'en' })
    const { script } = this.server
    const chosen = script.header === undefined ? ours : script.header(ours, this)
    if (chosen === undefined) return
    this.server.journal.write(this.number, 'sent', chosen)
    this.#write(this.#stream.open(chosen), chosen)
    this.offer()
  }

  async #take(element: Element): Promise<void> {
    if (this.session?.isManaged && isStanza(element)) this.session.handled++
    if ((await this.server.script.receive?.(element, this)) === true) return
    if (await this.#login.take(element)) return
    if (!manage(element, this) && isStanza(element)) answer(element, this)
  }

  /** The client has ended its stream: its session is over. */
  #closed(): void {
    if (this.session !== undefined) this.server.sessions.delete(this.session.id)
    this.close()
  }

  #ended(direction: Direction): void {
    if (direction === 'toClient') this.#socket.end()
    else if (!this.#socket.writableEnded) this.#socket.end()
  }

  #break(how: 'reset' | 'end'): void {
    if (how === 'end') this.#raw.end(() => this.#raw.destroy())
    // where an end is on its way, a reset is refused and leaves it open for ever (seen in 24.21)
    else if (this.#socket.writableEnded) this.#socket.destroy()
    else this.#raw.resetAndDestroy()
  }

  #gone(): void {
    this.#line.break()
    if (this.session?.connection === this) this.session.connection = undefined
    this.server.journal.write(this.number, 'event', 'closed')
  }
}
