/** The server: hosts, listeners and connections put together, started and stopped. */
import type { Socket } from 'node:net'
import { parseJid } from '@rookery/protocol/jid'
import type { SaslCrypto } from '@rookery/protocol/sasl'
import { authenticated, preAuth } from '@rookery/protocol/xml'
import type { Storage } from '@rookery/storage'
import { createMemoryStorage } from '@rookery/storage/memory'
import { ArchiveIds } from './archive-ids.ts'
import { systemClock, systemRandom } from './clock.ts'
import type { Limits } from './config/limits.ts'
import { readConfig } from './config/read.ts'
import type { ServerConfig, ServerConfigInput } from './config/schema.ts'
import { Connection, type Surroundings } from './connection.ts'
import { createCrypto } from './crypto.ts'
import { ConfigError } from './errors.ts'
import type { Feature } from './feature.ts'
import { builtIn } from './features/index.ts'
import { Gate } from './gate.ts'
import { Host } from './host.ts'
import { type CertificateInfo, Certificates, type SelfSigned } from './listen/certificates.ts'
import { Web } from './listen/http/web.ts'
import { type Endpoint, Listeners } from './listen/listeners.ts'
import { selfSigned } from './listen/self-signed.ts'
import { SocketTransport } from './listen/socket-transport.ts'
import { Flusher } from './outbound.ts'
import type { AccountsPower, ClockPower, Log, RandomPower } from './powers.ts'
import { Router } from './router.ts'
import type { Transport } from './transport.ts'

export interface ServerOptions extends ServerConfigInput {
  /** Where everything is kept; in memory when not given, so gone when the process ends. */
  storage?: Storage
  /** Features beside the built-in ones. */
  plugins?: readonly Feature[]
  /** Nothing is logged when not given. */
  log?: Log
  clock?: ClockPower
  random?: RandomPower
  crypto?: SaslCrypto
  /** Makes the certificate of a host that has none. */
  selfSigned?: SelfSigned
  software?: { name: string; version: string }
}

/** What can be asked of one host from code: the same accounts that clients log in to. */
export type HostAccounts = Pick<AccountsPower, 'create' | 'setPassword' | 'remove' | 'exists'> & {
  list(after: string | undefined, limit: number): Promise<string[]>
}

export class Server {
  readonly config: ServerConfig
  readonly #options: ServerOptions
  readonly #storage: Storage
  readonly #log: Log
  readonly #clock: ClockPower
  readonly #hosts = new Map<string, Host>()
  readonly #connections = new Set<Connection>()
  readonly #gate = new Gate()
  readonly #certificates: Certificates
  #listeners: Listeners | undefined
  #web: Web | undefined
  #surroundings: Surroundings | undefined
  #watch: Disposable | undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(config: ServerConfig, options: ServerOptions) {
    this.config = config
    this.#options = options
    this.#storage = options.storage ?? createMemoryStorage()
    this.#log = options.log ?? silent
    this.#clock = options.clock ?? systemClock
    this.#certificates = new Certificates(config.tls, config.hosts, options.selfSigned ?? selfSigned)
  }

  /** Where it listens; empty before `start`. */
  get endpoints(): readonly Endpoint[] {
    return this.#listeners?.endpoints ?? []
  }

  get certificates(): readonly CertificateInfo[] {
    return this.#certificates.infos
  }

  /** Opens the storage, starts the hosts, and takes connections from then on. */
  start(): Promise<void> {
    return this.#next(() => this.#start())
  }

  async #start(): Promise<void> {
    if (this.#listeners !== undefined) return
    try {
      await this.#listen()
    } catch (error) {
      await this.#stop()
      throw error
    }
  }

  async #listen(): Promise<void> {
    await this.#open()
    await this.#certificates.load()
    this.#web = new Web({
      config: this.config,
      clock: this.#clock,
      random: this.#options.random ?? systemRandom,
      log: this.#log,
      gate: this.#gate,
      certificates: this.#certificates,
      xmlLimits: () => xmlLimits(this.config.limits),
      attach: (transport) => this.attach(transport),
      endpoints: () => this.endpoints,
    })
    this.#listeners = new Listeners(this.config, (socket, kind) => this.#accept(socket, kind), this.#log)
    await this.#listeners.open()
  }

  /** Like `start`, but listens nowhere: connections come by `attach` alone. */
  open(): Promise<void> {
    return this.#next(() => this.#open())
  }

  async #open(): Promise<void> {
    if (this.#surroundings !== undefined) return
    await this.#storage.open()
    const router = new Router()
    const started = this.#clock.now()
    const lastIds = this.config.hosts.flatMap((domain) => {
      const { archive, offline } = this.#storage.host(domain)
      return [archive.lastId(), offline.lastId()]
    })
    const { parallelHashing, queuedHashing } = this.config.auth
    const shared = {
      config: this.config,
      crypto: this.#options.crypto ?? createCrypto({ parallel: parallelHashing, queue: queuedHashing }),
      clock: this.#clock,
      random: this.#options.random ?? systemRandom,
      archiveIds: new ArchiveIds(() => this.#clock.now(), Math.max(...(await Promise.all(lastIds)))),
      log: this.#log,
      router,
      features: [...builtIn, ...(this.#options.plugins ?? [])],
      software: this.#options.software ?? { name: 'Rookery', version: '0.1.0' },
      started,
      hosts: this.config.hosts,
    }
    this.#checkFeatureNames(shared.features)
    for (const domain of this.config.hosts) {
      const host = new Host(domain, { ...shared, storage: this.#storage.host(domain) })
      await host.start()
      router.add(domain, host)
      this.#hosts.set(domain, host)
    }
    this.#surroundings = this.#makeSurroundings()
    this.#look()
  }

  /** Ends all streams with system-shutdown, waits for what they leave behind, and closes the storage. */
  stop(): Promise<void> {
    return this.#next(() => this.#stop())
  }

  /** Starts and stops wait for one another, in the order in which they were asked for. */
  #next(step: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(step)
    this.#turn = done.catch(() => undefined) // who asked is told
    return done
  }

  async #stop(): Promise<void> {
    this.#surroundings = undefined // nobody comes in any more
    await this.#listeners?.close()
    this.#listeners = undefined
    this.#watch?.[Symbol.dispose]()
    for (const connection of this.#connections) connection.shutDown()
    const deadline = performance.now() + 3000 // whatever becomes of the clock
    // the last answers of BOSH are not those of connections any more
    while ((this.#connections.size > 0 || this.#web?.isSending) && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10))
    for (const connection of this.#connections) connection.destroy()
    this.#web?.close()
    this.#web = undefined
    for (const host of this.#hosts.values()) await host.stop()
    this.#hosts.clear()
    await this.#storage.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Reads the certificates anew, from other files if they are given; sessions go on with theirs. */
  async reloadCertificates(files?: ServerConfig['tls']['certificates']): Promise<void> {
    await this.#certificates.load(files)
  }

  /** Limits for whatever is asked from now on; what a connection took over when it was opened stays with it. */
  reloadLimits(limits: Limits): void {
    Object.assign(this.config.limits, limits)
    if (this.#surroundings !== undefined) Object.assign(this.#surroundings.limits, xmlLimits(limits))
  }

  /** Takes over a transport, e.g. one end of an in-memory pair. */
  attach(transport: Transport): void {
    const surroundings = this.#surroundings
    if (surroundings === undefined) return transport.destroy()
    const turned = this.#gate.enter(transport.remoteAddress, this.config.limits, this.#clock.monotonic())
    const connection = turned === undefined ? new Connection(transport, surroundings) : undefined
    if (connection === undefined) {
      this.#log.debug({ address: transport.remoteAddress, limit: turned }, 'connection refused')
      return transport.destroy() // [S23]
    }
    this.#connections.add(connection)
  }

  /** The accounts of a host of this server. */
  accounts(domain: string): HostAccounts {
    const host = this.#hosts.get(domain)
    if (host === undefined) throw new RangeError(`${domain} is not a host of this server`)
    const name = (local: string): string => {
      const prepared = parseJid(`${local}@${domain}`)
      if (prepared === undefined || !prepared.isBare || prepared.local === '')
        throw new RangeError(`${local} cannot be the name of an account`)
      return prepared.local
    }
    return {
      create: async (local, password) => host.createAccount(name(local), password),
      setPassword: async (local, password) => host.accounts.setPassword(name(local), password),
      async remove(local) {
        const removed = await host.removeAccount(name(local))
        await host.accountEnded(name(local))
        return removed
      },
      exists: (local) => host.accounts.exists(name(local)),
      list: (after, limit) => host.accounts.list(after, limit),
    }
  }

  #accept(socket: Socket, kind: Endpoint['kind']): void {
    if (kind === 'http' || kind === 'https') this.#web?.accept(socket, kind === 'https')
    else this.attach(new SocketTransport(socket, this.#certificates, kind === 'tls'))
  }

  #makeSurroundings(): Surroundings {
    return {
      config: this.config,
      clock: this.#clock,
      log: this.#log,
      gate: this.#gate,
      flusher: new Flusher(),
      limits: xmlLimits(this.config.limits),
      host: (domain) => this.#hosts.get(domain),
      defaultHost: this.#hosts.get(this.config.hosts[0]!)!,
      closed: (connection) => {
        if (!this.#connections.delete(connection)) return
        this.#gate.leave(connection.remoteAddress, connection.wasAuthenticated)
      },
    }
  }

  /** Once a second: who has not logged in, who does not read. */
  #look(): void {
    this.#watch = this.#clock.after(1000, () => {
      const now = this.#clock.monotonic()
      for (const connection of this.#connections) connection.check(now)
      this.#look()
    })
  }

  #checkFeatureNames(features: readonly Feature[]): void {
    const names = new Set<string>()
    for (const { name } of features) {
      if (names.has(name)) throw new ConfigError(`two features are called ${name}`, ['features'])
      names.add(name)
    }
    for (const name of Object.keys(this.config.features))
      if (!names.has(name))
        throw new ConfigError(`there is no feature called ${name}; there are: ${[...names].sort().join(', ')}`, [
          'features',
          name,
        ])
  }
}

function xmlLimits(limits: Limits): Surroundings['limits'] {
  return {
    before: { ...preAuth, bytes: limits.preAuthBytes, elements: limits.preAuthElements },
    after: {
      ...authenticated,
      bytes: limits.stanzaBytes,
      elements: limits.stanzaElements,
      depth: limits.stanzaDepth,
      attributes: limits.stanzaAttributes,
    },
  }
}

const nothing = (): void => undefined
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** Makes a server from a configuration; what is wrong in it is a ConfigError that says where. */
export async function createServer(options: ServerOptions = {}): Promise<Server> {
  const { storage, plugins, log, clock, random, crypto, selfSigned: made, software, ...given } = options
  return new Server(readConfig(given), options)
}
