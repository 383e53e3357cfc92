/**
 * A server for tests of a client, on loopback: over TCP with STARTTLS, TLS, WebSocket and WebSocket over TLS. It behaves well until a test tells it
 * otherwise, step by step (`script`), keeps a journal of everything, and breaks connections where it is told to.
 *
 *     await using server = await HostileServer.start({ accounts: { romeo: 'secret' } })
 *     server.script.send = (element) => (element.name === 'a' ? [element, element] : element)
 *     // a client connects to server.service.xmpp and trusts server.trust.ca
 *
 * Not a server: there is one domain, nothing is stored, and messages to nobody are forgotten.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, TLSSocket, type TLSSocketOptions } from 'node:tls'
import { NS } from '@rookery/protocol'
import { Element, el } from '@rookery/protocol/xml'
import { quietPorts } from '../../../scripts/peers/quiet-ports.ts'
import { Connection, type TransportName } from './hostile-connection.ts'
import { type Entry, isCalled, Journal } from './journal.ts'
import { type Behaviour, type Script, wellBehaved } from './script.ts'
import { Session } from './session.ts'
import { type Made, makeTrust, type Trust } from './trust.ts'
import { acceptKey } from './websocket.ts'

export interface HostileOptions extends Partial<Behaviour> {
  /** `localhost` unless told. */
  readonly domain?: string
  /** Passwords by local part. `{ romeo: 'secret' }` unless told. */
  readonly accounts?: Readonly<Record<string, string>>
  readonly script?: Script
  readonly trust?: Trust
  /** What TLS shows; one for the domain unless told. */
  readonly certificate?: Made
  readonly tls?: Pick<TLSSocketOptions, 'minVersion' | 'maxVersion'>
}

export interface Token {
  readonly account: string
  readonly mechanism: string
  isExpired: boolean
}

/** Where it listens. */
export interface Service {
  readonly xmpp: string
  readonly xmpps: string
  readonly ws: string
  readonly wss: string
}

export class HostileServer implements AsyncDisposable {
  readonly domain: string
  readonly accounts: Map<string, string>
  readonly trust: Trust
  /** For the connections that come next. */
  certificate: Made
  behaviour: Behaviour
  script: Script
  readonly ports: { readonly tcp: number; readonly tls: number; readonly ws: number; readonly wss: number }
  readonly journal: Journal = new Journal()
  readonly connections: Connection[] = []
  /** By the id that they are resumed by. A test that deletes one makes its resumption fail. */
  readonly sessions: Map<string, Session> = new Map()
  /** By secret. */
  readonly tokens: Map<string, Token> = new Map()
  readonly #tls: HostileOptions['tls']
  readonly #sockets = new Set<Socket>()
  readonly #listening: Server[] = []
  #problem: unknown

  private constructor(options: HostileOptions, [tcp = 0, tls = 0, ws = 0, wss = 0]: readonly number[]) {
    this.ports = { tcp, tls, ws, wss }
    const { domain = 'localhost', accounts = { romeo: 'secret' }, script = {}, trust = makeTrust() } = options
    this.domain = domain
    this.accounts = new Map(Object.entries(accounts))
    this.script = script
    this.trust = trust
    this.certificate = options.certificate ?? trust.issue(domain)
    this.#tls = options.tls
    this.behaviour = { ...wellBehaved, ...options }
  }

  static async start(options: HostileOptions = {}): Promise<HostileServer> {
    const made = new HostileServer(options, await quietPorts(4))
    await made.accept()
    return made
  }

  /** New connections are refused; those that stand go on. */
  refuse(): void {
    for (const server of this.#listening.splice(0)) server.close()
  }

  /** They are taken again, on the same ports. */
  async accept(): Promise<void> {
    if (this.#listening.length > 0) return
    const [tcp, tls, ws, wss] = [
      createServer((socket) => this.#accept(socket, 'tcp', socket)),
      createServer((socket) => this.#accept(socket, 'tcp', this.secure(socket))),
      createServer((socket) => this.#accept(socket, 'websocket', socket)),
      createServer((socket) => this.#accept(socket, 'websocket', this.secure(socket, 'http/1.1'))),
    ]
    for (const [server, port] of [
      [tcp, this.ports.tcp],
      [tls, this.ports.tls],
      [ws, this.ports.ws],
      [wss, this.ports.wss],
    ] as const) {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      this.#listening.push(server)
    }
  }

  get service(): Service {
    const { tcp, tls, ws, wss } = this.ports
    return {
      xmpp: `xmpp://127.0.0.1:${tcp}`,
      xmpps: `xmpps://127.0.0.1:${tls}`,
      ws: `ws://localhost:${ws}/xmpp-websocket`,
      wss: `wss://localhost:${wss}/xmpp-websocket`,
    }
  }

  /** The newest connection. */
  get connection(): Connection {
    const connection = this.connections.at(-1)
    if (connection === undefined) throw new Error('nobody has connected yet')
    return connection
  }

  /** Elements that came, by name; of an IQ also by the name of its payload. */
  received(name?: string): Element[] {
    return this.journal.received(name)
  }

  /** Resolves when an element came, or a test of it is met; the `count`th of them. */
  async until(wanted: string | ((element: Element) => boolean), count = 1): Promise<Element> {
    let entry: Entry | undefined
    let from = 0
    const is = typeof wanted === 'string' ? (element: Element): boolean => isCalled(element, wanted) : wanted
    for (let i = 0; i < count; i++) {
      entry = await this.journal.until(
        ({ kind, what }) => kind === 'received' && what instanceof Element && is(what),
        from,
      )
      from = this.journal.entries.indexOf(entry) + 1
    }
    return entry!.what as Element
  }

  /** Resolves with the `count`th session that has begun or was resumed, by the connection it is on. */
  async online(count = 1): Promise<Connection> {
    let from = 0
    let number = 0
    for (let i = 0; i < count; i++) {
      const entry = await this.journal.until(
        ({ kind, what }) => kind === 'event' && typeof what === 'string' && what.startsWith('session of '),
        from,
      )
      from = this.journal.entries.indexOf(entry) + 1
      number = entry.connection
    }
    return this.connections[number - 1]!
  }

  /** Resolves when the connection with that number is over. */
  async closed(number: number = this.connections.length): Promise<void> {
    await this.journal.until(({ connection, what }) => connection === number && what === 'closed')
  }

  /** Hands a stanza to whoever it is for, as far as they are here. */
  route(stanza: Element): void {
    const to = stanza.attr('to') ?? ''
    for (const session of this.sessions.values())
      if (session.jid === to || session.jid.startsWith(`${to}/`)) session.send(stanza)
  }

  /** A session on this resource; the one that had it is over. */
  open(account: string, resource: string): Session {
    const jid = `${account}@${this.domain}/${resource}`
    for (const former of this.sessions.values()) {
      if (former.jid !== jid) continue
      this.sessions.delete(former.id)
      former.connection?.leave()
    }
    const session = new Session(randomBytes(8).toString('hex'), account, jid)
    this.sessions.set(session.id, session)
    return session
  }

  /** Tokens are known and not good any more. */
  expireTokens(): void {
    for (const token of this.tokens.values()) token.isExpired = true
  }

  /** TLS on a connection, as its server. */
  secure(socket: Socket, protocol = 'xmpp-client'): TLSSocket {
    const { certificate: cert, key } = this.certificate
    const secureContext = createSecureContext({ cert, key, ...this.#tls })
    return new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: [protocol] })
  }

  /** A mistake in a script: `stop` tells. */
  fail(problem: unknown): void {
    this.#problem ??= problem
  }

  async stop(): Promise<void> {
    const closed = this.#listening.map((server) => once(server, 'close'))
    this.refuse()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(closed)
    if (this.#problem !== undefined) throw this.#problem
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #accept(raw: Socket, transport: TransportName, socket: Socket): void {
    this.#sockets.add(raw)
    raw.on('close', () => this.#sockets.delete(raw))
    raw.on('error', () => undefined)
    socket.on('error', () => undefined)
    if (transport === 'tcp') return this.#connected(transport, raw, socket)
    let request = ''
    const read = (chunk: Buffer): void => {
      request += chunk.toString('latin1')
      if (!request.includes('\r\n\r\n')) return
      socket.off('data', read)
      this.#upgrade(request, raw, socket)
    }
    socket.on('data', read)
  }

  /** [RFC6455 4.2.2, RFC7395 3.1] */
  #upgrade(request: string, raw: Socket, socket: Socket): void {
    const key = /^sec-websocket-key: *(\S+)/im.exec(request)?.[1]
    const path = /^GET (\S+)/.exec(request)?.[1] ?? '/'
    const refusal = key === undefined ? 404 : this.script.upgrade?.(path)
    if (key === undefined || refusal !== undefined) {
      const body = key === undefined ? this.script.http?.(path) : undefined
      const status = body === undefined ? `${refusal} Refused` : '200 OK'
      const head = `access-control-allow-origin: *\r\ncontent-length: ${Buffer.byteLength(body ?? '')}\r\nconnection: close`
      socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n\r\n${body ?? ''}`)
      return
    }
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
    lines.push(`Sec-WebSocket-Accept: ${acceptKey(key)}`, 'Sec-WebSocket-Protocol: xmpp')
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    this.#connected('websocket', raw, socket)
  }

  #connected(transport: TransportName, raw: Socket, socket: Socket): void {
    const number = this.connections.length + 1
    this.journal.write(number, 'event', `connected by ${transport}`)
    const connection = new Connection(this, number, transport, raw, socket)
    this.connections.push(connection)
    this.script.connect?.(connection)
  }
}

/** `<see-other-host/>`. [RFC6120 4.9.3.19] */
export function seeOtherHost(place: string): Element {
  return el('error', NS.streams, {}, [el('see-other-host', NS.streamErrors, {}, place)])
}
