/**
 * A real server in the process of a test: on free ports of this machine, in memory, with throw-away accounts.
 *
 *     await using server = await startTestServer()
 *     const romeo = await server.createAccount()
 *     // connect your client to server.port, log in as romeo.jid with romeo.password
 */
import { createServer, type Endpoint, type Server, type ServerOptions } from '@rookery/server'

export interface TestAccount {
  /** Bare JID. */
  readonly jid: string
  readonly local: string
  readonly domain: string
  readonly password: string
}

export interface TestServerOptions extends ServerOptions {
  /** Allow logins without TLS, and PLAIN with them: the simplest for a client that is not about TLS. Default true. */
  plaintext?: boolean
}

export interface TestServer extends AsyncDisposable {
  readonly server: Server
  /** Host name of the service, and of accounts unless you choose another: `localhost`. */
  readonly domain: string
  /** 127.0.0.1 */
  readonly address: string
  /** TCP port with STARTTLS. */
  readonly port: number
  /** TCP port with TLS from the first byte. */
  readonly tlsPort: number
  /** Port of WebSocket (/xmpp-websocket) and BOSH (/http-bind) without TLS. */
  readonly httpPort: number
  /** The same with TLS. */
  readonly httpsPort: number
  /** A new account, with a name nobody else has unless you give one. */
  createAccount(options?: { local?: string; password?: string; domain?: string }): Promise<TestAccount>
  stop(): Promise<void>
}

/** Fast keys: tests log in often, and have no secrets. */
const testAuth = { iterations: 4096, hashes: ['SHA-1', 'SHA-256'] } as const

/** Starts one; it is gone with `stop()` or at the end of the block that is `await using` it. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { plaintext = true, ...given } = options
  const server = await createServer({
    ...given,
    listen: { address: '127.0.0.1', c2s: 0, tls: 0, http: 0, httpAddress: '127.0.0.1', https: 0, ...given.listen },
    tls: { required: !plaintext, ...given.tls },
    auth: { ...testAuth, hashes: [...testAuth.hashes], plainWithoutTls: plaintext, ...given.auth },
  })
  await server.start()
  let count = 0
  const port = (kind: Endpoint['kind']): number =>
    server.endpoints.find((endpoint) => endpoint.kind === kind)?.port ?? 0
  return {
    server,
    domain: server.config.hosts[0]!,
    address: '127.0.0.1',
    port: port('c2s'),
    tlsPort: port('tls'),
    httpPort: port('http'),
    httpsPort: port('https'),
    async createAccount({
      local = `user${++count}`,
      password = `secret-${local}`,
      domain = server.config.hosts[0]!,
    } = {}) {
      const created = await server.accounts(domain).create(local, password)
      if (!created) throw new RangeError(`there is an account ${local}@${domain} already`)
      return { jid: `${local}@${domain}`, local, domain, password }
    },
    stop: () => server.stop(),
    [Symbol.asyncDispose]: () => server.stop(),
  }
}
