/**
 * The smallest client that can log in, for the examples and their tests: plain TCP, SASL PLAIN, one resource.
 * Not a client library: it does not ask for TLS, and gives up where a real client would try again.
 */
import { connect, type Socket } from 'node:net'
import { NS } from '@rookery/protocol'
import { STREAM_END, StreamError, StreamHeader, TcpStream } from '@rookery/protocol/stream'
import { authenticated, Element, toWire } from '@rookery/protocol/xml'

export interface Login {
  readonly local: string
  readonly domain: string
  readonly password: string
}

export class Client {
  readonly #socket: Socket
  readonly #stream = new TcpStream(authenticated)
  readonly #inbox: Element[] = []
  #isClosed = false
  #wake: () => void = () => undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1') // a character a byte: what XmppStream reads
    socket.on('data', (wire) => this.#received(String(wire)))
    socket.on('error', () => undefined)
    socket.on('close', () => this.#ended())
  }

  /** Connects, logs in and binds a resource. */
  static async login(server: { address: string; port: number }, account: Login, resource = 'example'): Promise<Client> {
    const client = new Client(connect(server.port, server.address))
    await client.#open(account.domain)
    client.send(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${btoa(`\0${account.local}\0${account.password}`)}</auth>`)
    const answer = await client.next()
    if (answer.name !== 'success') throw new Error(`${account.local} could not log in`)
    client.#stream.restart()
    await client.#open(account.domain)
    await client.ask(`<iq type='set' id='bind'><bind xmlns='${NS.bind}'><resource>${resource}</resource></bind></iq>`)
    return client
  }

  send(xml: string): void {
    this.#socket.write(toWire(xml), 'latin1')
  }

  /** The next element that comes. */
  async next(): Promise<Element> {
    while (this.#inbox.length === 0) await this.#more()
    return this.#inbox.shift()!
  }

  /** Sends a request and gives the answer with its id; what comes before stays for `next`. */
  async ask(request: string): Promise<Element> {
    const id = /\sid='([^']*)'/.exec(request)?.[1]
    this.send(request)
    for (;;) {
      const at = this.#inbox.findIndex((element) => element.name === 'iq' && element.attr('id') === id)
      if (at >= 0) return this.#inbox.splice(at, 1)[0]!
      await this.#more()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.send('</stream:stream>')
    while (!this.#isClosed) await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  async #open(domain: string): Promise<void> {
    this.#socket.write(this.#stream.open(new StreamHeader({ to: domain, version: '1.0' })), 'latin1')
    await this.next() // the stream features
  }

  async #more(): Promise<void> {
    if (this.#isClosed) throw new Error('the connection ended')
    await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  #received(wire: string): void {
    this.#stream.feed(wire)
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event instanceof Element) this.#inbox.push(event)
      else if (event === STREAM_END || event instanceof StreamError) {
        this.#socket.end()
        break
      }
    }
    this.#wake()
  }

  #ended(): void {
    this.#isClosed = true
    this.#wake()
  }
}
