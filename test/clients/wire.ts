/** A wire between client and server that a test can freeze, cut and mend: a TCP proxy on loopback. It sees what it carries only as bytes (TLS). */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { quietPorts } from '../../scripts/peers/quiet-ports.ts'
import { until } from './until.ts'

const host = '127.0.0.1'
/** More than the longest record without a message in it: an acknowledgement or a request for one. */
const leastOfMessage = 120

export class Wire {
  readonly #server: Server
  readonly #target: number
  readonly #pairs: Set<readonly [client: Socket, server: Socket]> = new Set()
  readonly port: number
  #lost = { fromClient: 0, fromServer: 0 }

  private constructor(port: number, target: number) {
    this.port = port
    this.#target = target
    this.#server = createServer((client) => this.#carry(client))
  }

  static async to(target: number): Promise<Wire> {
    const [port = 0] = await quietPorts(1)
    const wire = new Wire(port, target)
    await wire.mend()
    return wire
  }

  #carry(client: Socket): void {
    const server = connect({ port: this.#target, host })
    const pair = [client, server] as const
    this.#pairs.add(pair)
    for (const [from, to] of [pair, [server, client]] as const) {
      from.on('error', () => {})
      from.on('close', () => {
        this.#pairs.delete(pair)
        to.destroy()
      })
      from.on('data', (bytes) => to.write(bytes))
      from.on('end', () => to.end())
    }
  }

  /** From now on nothing arrives, and neither side can tell: what is sent is taken off its sender and lost. */
  freeze(): void {
    this.#lost = { fromClient: 0, fromServer: 0 }
    for (const [client, server] of this.#pairs) {
      client.removeAllListeners('data').on('data', ({ length }) => {
        if (length >= leastOfMessage) this.#lost.fromClient += 1
      })
      server.removeAllListeners('data').on('data', ({ length }) => {
        if (length >= leastOfMessage) this.#lost.fromServer += 1
      })
    }
  }

  /** Waits until something as long as a message was lost in each direction. */
  async swallowed(): Promise<void> {
    await until(
      'a message to be lost in each direction',
      () => (this.#lost.fromClient > 0 && this.#lost.fromServer > 0 ? true : undefined),
      { evidence: () => JSON.stringify(this.#lost) },
    )
  }

  /** Both sides see their connection reset, and new ones are refused until it is mended. */
  cut(): void {
    this.#server.close()
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy()
      server.resetAndDestroy()
    }
  }

  async mend(): Promise<void> {
    this.#server.listen({ port: this.port, host })
    await once(this.#server, 'listening')
  }

  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined
    this.cut()
    await closed
  }
}
