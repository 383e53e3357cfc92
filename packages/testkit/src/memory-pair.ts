/** Two ends of a byte stream in memory: one is a server's transport, the other is held by a test. No network, no TLS. */
import { TcpStream, type XmppStream } from '@rookery/protocol/stream'
import type { XmlLimits } from '@rookery/protocol/xml'
import type { Transport, TransportSink } from '@rookery/server'

/** The end a test holds. Bytes are wire strings: a character a byte. */
export interface ClientEnd {
  send(wire: string): void
  onData(call: (wire: string) => void): void
  onClose(call: () => void): void
  /** Closes in order, after what was sent. */
  close(): void
  /** Breaks the connection. */
  destroy(): void
}

/** Delivers in order and asynchronously, as a network does; `address` is what the server sees of the client. */
export function memoryPair(address = '127.0.0.1'): { client: ClientEnd; server: Transport } {
  const server = new MemoryTransport(address)
  return { client: server.client, server }
}

class MemoryTransport implements Transport {
  readonly remoteAddress: string
  readonly tls = undefined
  readonly canStartTls = false
  readonly startsWithTls = false
  readonly client: ClientEnd
  #sink: TransportSink | undefined
  #toServer: string[] = []
  #toClient: string[] = []
  #isPaused = false
  #isClosed = false
  #isEnding = false
  #isTurnTaken = false
  #data: (wire: string) => void = () => undefined
  #close: () => void = () => undefined

  constructor(address: string) {
    this.remoteAddress = address
    this.client = {
      send: (wire) => {
        if (this.#isClosed) return
        this.#toServer.push(wire)
        this.#turn()
      },
      onData: (call) => {
        this.#data = call
        this.#turn()
      },
      onClose: (call) => {
        this.#close = call
        if (this.#isClosed) setImmediate(call)
      },
      close: () => {
        this.#isEnding = true
        this.#turn()
      },
      destroy: () => this.destroy(),
    }
  }

  get pending(): number {
    return this.#toClient.reduce((sum, wire) => sum + wire.length, 0)
  }

  createStream(limits: XmlLimits): XmppStream {
    return new TcpStream(limits)
  }

  attach(sink: TransportSink): void {
    this.#sink = sink
    this.#turn()
  }

  write(wire: string): boolean {
    if (this.#isClosed) return true
    this.#toClient.push(wire)
    this.#turn()
    return true
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#turn()
  }

  end(): void {
    this.#isEnding = true
    this.#turn()
  }

  destroy(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#toServer = []
    setImmediate(() => {
      this.#sink?.closed()
      this.#close()
    })
  }

  startTls(_host: string, done: (error?: Error) => void): void {
    done(new Error('there is no TLS in memory'))
  }

  #turn(): void {
    if (this.#isTurnTaken) return
    this.#isTurnTaken = true
    setImmediate(() => {
      this.#isTurnTaken = false
      for (let wire = this.#toClient.shift(); wire !== undefined; wire = this.#toClient.shift()) this.#data(wire)
      while (!this.#isPaused && !this.#isClosed && this.#sink !== undefined) {
        const wire = this.#toServer.shift()
        if (wire === undefined) break
        this.#sink.data(wire)
      }
      if (this.#isEnding && this.#toServer.length === 0 && this.#toClient.length === 0) this.destroy()
    })
  }
}
