/** The sockets the server listens on: clients with STARTTLS, with TLS from the first byte (XEP-0368), over HTTP and HTTPS. */
import { createServer as createTcpServer, type Server as NetServer, type Socket } from 'node:net'
import type { ServerConfig } from '../config/schema.ts'
import { ListenError } from '../errors.ts'
import type { Log } from '../powers.ts'

export interface Endpoint {
  readonly kind: 'c2s' | 'tls' | 'http' | 'https'
  readonly address: string
  readonly port: number
}

/** Where browsers look by custom, when the configuration says nothing. */
export const httpPorts = { http: 5280, https: 5443 } as const

export type Accept = (socket: Socket, kind: Endpoint['kind']) => void

export class Listeners {
  readonly #config: ServerConfig
  readonly #accept: Accept
  readonly #log: Log
  readonly #servers: NetServer[] = []
  readonly endpoints: Endpoint[] = []

  constructor(config: ServerConfig, accept: Accept, log: Log) {
    this.#config = config
    this.#accept = accept
    this.#log = log
  }

  /** Listens on everything configured, or on nothing. */
  async open(): Promise<void> {
    const { address, c2s, tls, http, httpAddress, https } = this.#config.listen
    const isLocal = this.#config.hosts.every((host) => host === 'localhost' || host.endsWith('.localhost'))
    const given = address ?? (isLocal ? ['127.0.0.1', '::1'] : ['::'])
    try {
      for (const [kind, port, where] of [
        ['c2s', c2s, given],
        ['tls', tls, given],
        ['http', http, httpAddress],
        ['https', https, given],
      ] as const) {
        if (port === false) continue
        const addresses = typeof where === 'string' ? [where] : where
        if (port !== undefined) await this.#listenAt(kind, addresses, port)
        else if (kind === 'http' || kind === 'https') await this.#listenByDefault(kind, addresses)
      }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async #listenAt(kind: Endpoint['kind'], addresses: readonly string[], port: number): Promise<void> {
    let chosen = port
    for (const [index, one] of addresses.entries())
      chosen = (await this.#listen(kind, one, chosen, index > 0 && (one === '::1' || one === '::'))) ?? chosen
  }

  /** Nobody asked for these ports: where another program has one, the server does without. */
  async #listenByDefault(kind: keyof typeof httpPorts, addresses: readonly string[]): Promise<void> {
    try {
      await this.#listenAt(kind, addresses, httpPorts[kind])
    } catch (error) {
      if (!(error instanceof ListenError) || codeOf(error.cause) !== 'EADDRINUSE') throw error
      this.#log.warn(
        { kind, error: error.message },
        `no clients in browsers on this port: choose another as listen.${kind}`,
      )
    }
  }

  /** Takes no more connections; those there are go on. */
  close(): Promise<unknown> {
    const servers = this.#servers.splice(0)
    this.endpoints.length = 0
    // resolves at once for the listening socket: connections are ended by their owners
    for (const server of servers) server.close()
    return Promise.resolve()
  }

  /** `isExtra`: an address that may be missing on this machine (no IPv6). */
  #listen(kind: Endpoint['kind'], address: string, port: number, isExtra: boolean): Promise<number | undefined> {
    const server = createTcpServer({ noDelay: true }, (socket) => this.#accept(socket, kind))
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        if (isExtra && (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT')) return resolve(undefined)
        reject(explain(error, kind, address, port))
      })
      server.listen({ host: address, port, backlog: 1024 }, () => {
        server.removeAllListeners('error')
        // too many open files and the like: say so and go on with the connections there are [S137]
        server.on('error', (error) =>
          this.#log.error({ error: error.message, kind }, 'a connection could not be accepted'),
        )
        const bound = server.address()
        const chosen = typeof bound === 'object' && bound !== null ? bound.port : port
        this.#servers.push(server)
        this.endpoints.push({ kind, address, port: chosen })
        resolve(chosen)
      })
    })
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

function explain(error: NodeJS.ErrnoException, kind: Endpoint['kind'], address: string, port: number): ListenError {
  const setting = kind === 'http' ? 'listen.httpAddress' : 'listen.address'
  const where = `${address.includes(':') ? `[${address}]` : address}:${port}`
  const why =
    error.code === 'EADDRINUSE'
      ? 'another program uses this port. Stop it, or choose another port under listen.'
      : error.code === 'EACCES'
        ? 'ports below 1024 need more rights. Choose a higher port under listen, or grant the right to bind it.'
        : error.code === 'EADDRNOTAVAIL'
          ? `this machine does not have that address. Correct ${setting}.`
          : error.code === 'EAFNOSUPPORT'
            ? `this machine has no IPv6. Set ${setting} to 0.0.0.0 or another IPv4 address.`
            : error.syscall === 'getaddrinfo'
              ? `no address was found for that name. Correct ${setting}.`
              : error.message
  return new ListenError(`cannot listen on ${where}: ${why}`, { cause: error })
}
