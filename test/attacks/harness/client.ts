/**
 * A client that sends and collects bytes (as wire strings, a character a byte) and knows just enough to log in by hand.
 * Nothing of ours reads or writes its XML: what it sees is what went over the wire.
 */
import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, TLSSocket } from 'node:tls'

export const STREAMS = 'http://etherx.jabber.org/streams'
export const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
export const TLS = 'urn:ietf:params:xml:ns:xmpp-tls'
export const BIND = 'urn:ietf:params:xml:ns:xmpp-bind'
export const PING = 'urn:xmpp:ping'

/** OPEN(h) of the catalogue. */
export const open = (host: string): string =>
  `<?xml version='1.0'?><stream:stream to='${host}' version='1.0' xmlns='jabber:client' xmlns:stream='${STREAMS}'>`

export const plain = (local: string, password = `secret-${local}`): string =>
  Buffer.from(`\0${local}\0${password}`, 'utf8').toString('base64')

export const auth = (local: string, password?: string): string =>
  `<auth xmlns='${SASL}' mechanism='PLAIN'>${plain(local, password)}</auth>`

export const bind = (resource: string): string =>
  `<iq type='set' id='bind'><bind xmlns='${BIND}'><resource>${resource}</resource></bind></iq>`

/** Text as bytes. */
export const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

export interface Place {
  readonly port: number
  /** The own address: limits count by address, and all of 127.0.0.0/8 is this machine. Default 127.0.0.1. */
  readonly from?: string
  /** TLS from the first byte. */
  readonly tls?: ConnectionOptions
}

export interface LoginOptions {
  readonly from?: string
  readonly resource?: string
  readonly password?: string
  /** Announce presence after binding. */
  readonly presence?: boolean
}

const trusting: ConnectionOptions = { rejectUnauthorized: false, servername: 'a.example' }

export class RawClient {
  #socket: Socket
  /** Bytes that came and were not waited for. */
  received = ''
  /** The other side has sent its FIN, or the connection is broken. */
  hasEnded = false
  /** The connection is broken: a reset, or a failed write. */
  failure: NodeJS.ErrnoException | undefined
  /** Full JID, once bound. */
  jid = ''
  #watchers: (() => void)[] = []
  #pings = 0

  constructor(socket: Socket) {
    this.#socket = socket
    this.#listen(socket)
  }

  static connect(place: Place): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const { port, from, tls } = place
      const target = { port, host: '127.0.0.1', ...(from === undefined ? {} : { localAddress: from }) }
      const socket = tls === undefined ? connectTcp(target) : connectTls({ ...target, ...trusting, ...tls })
      socket.setNoDelay(true)
      const client = new RawClient(socket)
      const early = (error: Error): void => reject(error)
      socket.once('error', early)
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        socket.off('error', early)
        resolve(client)
      })
    })
  }

  get socket(): Socket {
    return this.#socket
  }

  /** Bytes; false when they wait for the other side. */
  send(wire: string): boolean {
    return this.#socket.write(wire, 'latin1')
  }

  sendText(text: string): boolean {
    return this.#socket.write(text, 'utf8')
  }

  /** Resolves when bytes could be written, with the number of them that could before the end. */
  async flood(wire: string, total: number): Promise<number> {
    const chunk = Buffer.from(wire, 'latin1')
    let sent = 0
    while (sent < total && !this.hasEnded && !this.#socket.destroyed) {
      const more = this.#socket.write(chunk)
      sent += chunk.length
      if (!more) await this.#change(() => this.#socket.writableLength === 0 || this.hasEnded, 30_000)
    }
    return sent
  }

  /** Takes everything up to the end of the first match; throws when it does not come in time. */
  async waitFor(pattern: string | RegExp, patience = 10_000): Promise<string> {
    const end = (): number => {
      if (typeof pattern === 'string') {
        const at = this.received.indexOf(pattern)
        return at < 0 ? -1 : at + pattern.length
      }
      const match = pattern.exec(this.received)
      return match === null ? -1 : match.index + match[0].length
    }
    let until = -1
    await this.#change(() => (until = end()) >= 0 || this.hasEnded, patience)
    if (until < 0) {
      const why = this.hasEnded ? `the connection has ended (${this.failure?.code ?? 'FIN'})` : `not in ${patience} ms`
      throw new Error(`no ${pattern}: ${why}; received ${JSON.stringify(this.received.slice(-600))}`)
    }
    const taken = this.received.slice(0, until)
    this.received = this.received.slice(until)
    return taken
  }

  /** Whether the other side has ended the connection within this time. */
  async waitForEnd(patience: number): Promise<boolean> {
    await this.#change(() => this.hasEnded, patience)
    return this.hasEnded
  }

  take(): string {
    const taken = this.received
    this.received = ''
    return taken
  }

  // ---- the steps of a login ----

  /** Opens a stream and gives the features. */
  async open(host = 'a.example'): Promise<string> {
    this.send(open(host))
    return this.waitFor(/<stream:features\/>|<\/stream:features>/)
  }

  async startTls(options: ConnectionOptions = {}): Promise<void> {
    this.send(`<starttls xmlns='${TLS}'/>`)
    await this.waitFor('<proceed')
    await this.waitFor('>')
    await this.upgrade(options)
  }

  /** TLS from here on. */
  upgrade(options: ConnectionOptions = {}): Promise<void> {
    const under = this.#socket
    under.removeAllListeners('data')
    under.removeAllListeners('end')
    under.removeAllListeners('drain')
    return new Promise((resolve, reject) => {
      const secure = connectTls({ ...trusting, ...options, socket: under })
      secure.once('error', reject)
      secure.once('secureConnect', () => {
        secure.off('error', reject)
        resolve()
      })
      this.#socket = secure
      this.#listen(secure)
    })
  }

  get tls(): TLSSocket | undefined {
    return this.#socket instanceof TLSSocket ? this.#socket : undefined
  }

  async authenticate(local: string, host = 'a.example', password?: string): Promise<void> {
    this.send(auth(local, password))
    await this.waitFor(/<success[^>]*\/>|<\/success>/)
    await this.open(host)
  }

  async bind(resource = 'r'): Promise<string> {
    this.send(bind(resource))
    const answer = await this.waitFor('</iq>')
    const jid = /<jid>([^<]*)<\/jid>/.exec(answer)?.[1]
    if (jid === undefined) throw new Error(`not bound: ${answer}`)
    this.jid = jid
    return jid
  }

  /** A ping to the server and back: what it had to say before has come. Gives what came before the answer. */
  async fence(patience = 10_000): Promise<string> {
    const id = `fence-${++this.#pings}`
    this.send(`<iq type='get' id='${id}' to='${this.jid.slice(this.jid.indexOf('@') + 1).replace(/\/.*/, '')}'>`)
    this.send(`<ping xmlns='${PING}'/></iq>`)
    const all = await this.waitFor(new RegExp(`<iq [^>]*id='${id}'[^>]*/>`), patience)
    return all.slice(0, all.lastIndexOf('<iq '))
  }

  /** Closes both directions. */
  close(): void {
    this.#socket.end()
    this.#socket.destroySoon()
  }

  /** RST. */
  reset(): void {
    if (this.#socket instanceof TLSSocket) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => {
      this.received += bytes.toString('latin1')
      this.#wake()
    })
    socket.on('drain', () => this.#wake())
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.failure = error
      this.hasEnded = true
      this.#wake()
    })
    const ended = (): void => {
      this.hasEnded = true
      this.#wake()
    }
    socket.on('end', ended)
    socket.on('close', ended)
  }

  #wake(): void {
    for (const watcher of this.#watchers.splice(0)) watcher()
  }

  /** Resolves when more has come, or the connection has ended; after `patience` milliseconds at the latest. */
  async arrival(patience: number): Promise<void> {
    const { length } = this.received
    await this.#change(() => this.received.length > length || this.hasEnded, patience)
  }

  async #change(holds: () => boolean, patience: number): Promise<void> {
    const deadline = Date.now() + patience
    while (!holds() && Date.now() < deadline) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now())
        this.#watchers.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }
}

/** AUTH(u) of the catalogue: logged in and bound, over TLS where the server asks for it. */
export async function login(
  victim: { readonly port: number; readonly isSecure: boolean },
  jid: string,
  options: LoginOptions = {},
): Promise<RawClient> {
  const at = jid.lastIndexOf('@')
  const [local, host] = [jid.slice(0, at), jid.slice(at + 1)]
  const client = await RawClient.connect({
    port: victim.port,
    ...(options.from === undefined ? {} : { from: options.from }),
  })
  await client.open(host)
  if (victim.isSecure) {
    await client.startTls({ servername: host })
    await client.open(host)
  }
  await client.authenticate(local, host, options.password)
  await client.bind(options.resource ?? 'r')
  if (options.presence) {
    client.send('<presence/>')
    await client.fence()
    client.take()
  }
  return client
}
