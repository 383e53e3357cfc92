/** For tests: a TCP connection that has opened a client stream and shows what comes back as text. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export class RawStream {
  readonly #socket: Socket
  readonly #ended: Promise<unknown>
  #text = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#ended = once(socket, 'close')
    socket.setEncoding('utf8')
    socket.on('error', () => undefined)
    socket.on('data', (text: string) => (this.#text += text))
  }

  /** `isPolite`: closes its side when the server closes its own. */
  static async open(port: number, isPolite = true): Promise<RawStream> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: !isPolite })
    await once(socket, 'connect')
    const stream = new RawStream(socket)
    socket.write(
      "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>",
    )
    await stream.until('</stream:features>')
    return stream
  }

  get text(): string {
    return this.#text
  }

  /** Waits until `text` has come. */
  async until(text: string): Promise<string> {
    while (!this.#text.includes(text)) {
      if (this.#socket.closed) throw new Error(`the stream ended without ${text}: ${this.#text}`)
      await Promise.race([once(this.#socket, 'data'), this.#ended])
    }
    return this.#text
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}
