/** A whole server for the tests of a feature: in memory, with a clock that obeys, and clients that say what they are told. */
import { NS } from '@rookery/protocol'
import { STREAM_END, StreamError, StreamHeader, TcpStream } from '@rookery/protocol/stream'
import { authenticated, Element, toWire } from '@rookery/protocol/xml'
import { createServer, type Server, type ServerOptions } from '@rookery/server'
import type { HostStorage, Storage } from '@rookery/storage'
import { createMemoryStorage } from '@rookery/storage/memory'
import { type ClientEnd, FakeClock, memoryPair } from '@rookery/testkit'

export const HOST = 'localhost'

export class MemoryServer {
  readonly server: Server
  readonly clock: FakeClock
  readonly storage: Storage

  constructor(server: Server, clock: FakeClock, storage: Storage) {
    this.server = server
    this.clock = clock
    this.storage = storage
  }

  get stores(): HostStorage {
    return this.storage.host(HOST)
  }

  /** A connection, before its stream header. */
  connect(address?: string): MemoryClient {
    const pair = memoryPair(address)
    this.server.attach(pair.server)
    return new MemoryClient(pair.client)
  }

  /** Logs in, making the account when there is none. */
  async login(local: string, resource = 'one'): Promise<MemoryClient> {
    const client = await this.authenticated(local)
    await client.bind(resource)
    return client
  }

  /** The same, before a resource is bound. */
  async authenticated(local: string): Promise<MemoryClient> {
    await this.server.accounts(HOST).create(local, `secret-${local}`)
    const client = this.connect()
    await client.open()
    client.send(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${btoa(`\0${local}\0secret-${local}`)}</auth>`)
    const success = await client.next()
    if (success?.name !== 'success') throw new Error(`${local} could not log in`)
    await client.open()
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop()
  }
}

/** One end of a stream. What comes is kept until it is looked at. */
export class MemoryClient {
  readonly #end: ClientEnd
  readonly #stream = new TcpStream(authenticated)
  readonly #inbox: Element[] = []
  #wake: (() => void) | undefined
  #fences = 0
  jid = ''
  features: Element | undefined
  /** The condition of the stream error that came, and the whole of it. */
  streamError: string | undefined
  streamErrorElement: Element | undefined
  isClosed = false

  constructor(end: ClientEnd) {
    this.#end = end
    end.onData((wire) => this.#arrived(wire))
    end.onClose(() => {
      this.isClosed = true
      this.#wake?.()
    })
  }

  send(text: string): void {
    this.#end.send(toWire(text))
  }

  /** Sends a stream header and waits for the features. */
  async open(): Promise<Element> {
    this.features = undefined
    this.#end.send(this.#stream.open(new StreamHeader({ to: HOST, version: '1.0' })))
    const features = await this.next()
    if (features === undefined) throw new Error('no stream features came')
    this.features = features
    return features
  }

  async bind(resource: string): Promise<void> {
    const bound = await this.ask(
      `<iq type='set' id='bind'><bind xmlns='${NS.bind}'><resource>${resource}</resource></bind></iq>`,
    )
    this.jid = bound.child('bind', NS.bind)?.childText('jid') ?? ''
  }

  /** The next element; undefined when the connection has ended. */
  async next(): Promise<Element | undefined> {
    while (this.#inbox.length === 0 && !this.isClosed) await this.#more()
    return this.#inbox.shift()
  }

  /** Sends a request and gives its answer; what else comes stays. */
  async ask(request: string): Promise<Element> {
    const id = /\sid='([^']*)'/.exec(request)?.[1]
    this.send(request)
    for (;;) {
      const at = this.#inbox.findIndex(
        (element) => element.name === 'iq' && element.attr('id') === id && isAnswer(element),
      )
      if (at >= 0) return this.#inbox.splice(at, 1)[0]!
      if (this.isClosed) throw new Error('the connection ended before the answer came')
      await this.#more()
    }
  }

  /** Everything that has come, with all that the server had for us before it answers a ping. */
  async all(): Promise<Element[]> {
    await this.ask(`<iq type='get' id='fence-${++this.#fences}' to='${HOST}'><ping xmlns='urn:xmpp:ping'/></iq>`)
    return this.taken()
  }

  /** What has come so far. */
  taken(): Element[] {
    return this.#inbox.splice(0)
  }

  /** Like `all`, messages alone. */
  async messages(): Promise<Element[]> {
    return (await this.all()).filter((element) => element.name === 'message')
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await this.#more()
  }

  /** Ends the stream in order. */
  async end(): Promise<void> {
    this.send('</stream:stream>')
    await this.closed()
  }

  /** Breaks the connection. */
  destroy(): void {
    this.#end.destroy()
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #arrived(wire: string): void {
    this.#stream.feed(wire)
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event instanceof StreamError) throw event
      if (event === STREAM_END) break
      if (event instanceof Element && event.is('error', NS.streams)) {
        this.streamErrorElement = event
        this.streamError = event.childElements().find((child) => child.ns === NS.streamErrors)?.name
      } else if (event instanceof Element) {
        this.#inbox.push(event)
        if (event.is('success', NS.sasl)) this.#stream.restart()
      }
    }
    this.#wake?.()
  }
}

function isAnswer(element: Element): boolean {
  return element.attr('type') === 'result' || element.attr('type') === 'error'
}

/** Starts one. Passwords are cheap, nothing is slowed down, TLS is not asked for. */
export async function memoryServer(options: ServerOptions = {}): Promise<MemoryServer> {
  const clock = new FakeClock()
  const storage = options.storage ?? createMemoryStorage()
  const server = await createServer({
    clock,
    ...options,
    storage,
    tls: { required: false, ...options.tls },
    auth: { iterations: 4096, hashes: ['SHA-256'], plainWithoutTls: true, ...options.auth },
    // clients here say nothing for as long as the test's clock likes
    limits: { bytesPerSecond: 0, idleSeconds: 0, ...options.limits },
  })
  await server.open()
  return new MemoryServer(server, clock, storage)
}

/** Condition of the error in a stanza. */
export function conditionOf(stanza: Element | undefined): string | undefined {
  return stanza
    ?.child('error')
    ?.childElements()
    .find((child) => child.ns === NS.stanzaErrors)?.name
}

/** Lets everything go on that waits for nothing but its turn. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}
