/**
 * One domain that we serve: its accounts, sessions and features, put together at start-up. Hosts of one process share
 * nothing but the process.
 */
import type { Maybe } from '@rookery/protocol'
import { type Jid, jid } from '@rookery/protocol/jid'
import type { SaslCrypto } from '@rookery/protocol/sasl'
import { type Message, type Stanza, StanzaError } from '@rookery/protocol/stanza'
import { StreamError } from '@rookery/protocol/stream'
import type { HostStorage, OfflineLimit } from '@rookery/storage'
import { Access } from './access/access.ts'
import { Accounts } from './accounts.ts'
import type { ArchiveIds } from './archive-ids.ts'
import { Asks } from './asks.ts'
import { Catalogue } from './catalogue.ts'
import type { ServerConfig } from './config/schema.ts'
import type { Feature } from './feature.ts'
import { IqTable } from './iq.ts'
import { Journey } from './journey.ts'
import type { ServerStreamFeature } from './negotiate/index.ts'
import { Phases } from './phases.ts'
import { Plugging } from './plugging.ts'
import type { ClockPower, Log, Powers, RandomPower } from './powers.ts'
import { type Arrival, arrivalOf, type Destination, type Router } from './router.ts'
import { presenceService } from './services/presence.ts'
import { rosterService } from './services/roster.ts'
import type { Session } from './session.ts'
import { Sessions } from './sessions.ts'
import { Spool, type SpoolLimits } from './spool.ts'

/** What a host is made from. */
export interface HostParts {
  readonly config: ServerConfig
  readonly storage: HostStorage
  readonly crypto: SaslCrypto
  readonly clock: ClockPower
  readonly random: RandomPower
  /** Shared by the hosts of a storage. */
  readonly archiveIds: ArchiveIds
  readonly log: Log
  readonly router: Router
  readonly features: readonly Feature[]
  readonly software: { readonly name: string; readonly version: string }
  readonly started: number
  readonly hosts: readonly string[]
}

const nobodyThere = new StanzaError('service-unavailable')

export class Host implements Destination {
  readonly domain: string
  readonly jid: Jid
  readonly accounts: Accounts
  readonly access: Access
  readonly sessions: Sessions
  readonly router: Router
  readonly crypto: SaslCrypto
  readonly random: RandomPower
  readonly #parts: HostParts
  readonly #phases = new Phases()
  readonly #plugging = new Plugging(this.#phases)
  readonly #spool: Spool
  readonly #asks: Asks
  readonly #iq: IqTable
  readonly #journey: Journey
  readonly #catalogue: Catalogue
  /** Accounts that are gone, and whose sessions and features still end. */
  readonly #removals = new Map<string, Promise<void>>()

  constructor(domain: string, parts: HostParts) {
    this.domain = domain
    this.jid = jid(domain)
    this.#parts = parts
    this.router = parts.router
    this.crypto = parts.crypto
    this.random = parts.random
    this.accounts = new Accounts(parts.storage.accounts, parts.crypto, parts.config.auth, () => parts.clock.now())
    this.access = new Access({
      documents: parts.storage.documents,
      accounts: this.accounts,
      config: parts.config.auth,
      random: parts.random,
      now: () => parts.clock.now(),
      isHere: (local, id) => this.sessions.registry.of(local).some((session) => session.agent === id),
    })
    const { clock, random, config, log, storage, archiveIds } = parts
    this.#spool = new Spool(storage.offline, spoolLimits(config))
    this.sessions = new Sessions({
      host: this.jid,
      config,
      clock,
      random,
      log,
      phases: this.#phases,
      store: storage.resumption,
      spool: this.#spool,
      archiveIds,
      exists: (local) => this.accounts.exists(local),
      through: (local) => this.#journey.through(local),
      undelivered: (message, account, came) => this.#journey.undelivered(message, account, came),
      refuse: (stanza, error) => parts.router.refuse(stanza, error, undefined),
      removeGuest: (local) => this.removeAccount(local),
    })
    const route = (stanza: Stanza): Maybe<undefined> => parts.router.route(stanza, undefined)
    this.#asks = new Asks(parts.clock, parts.random, route)
    const roster = () => this.#plugging.find(rosterService)
    this.#iq = new IqTable(this.#phases, this.#asks, parts.router, roster, parts.log)
    this.#journey = new Journey({
      phases: this.#phases,
      accounts: this.accounts,
      registry: this.sessions.registry,
      iq: this.#iq,
      log: parts.log,
      presence: () => this.#plugging.find(presenceService),
      route: (stanza, origin) => parts.router.route(stanza, origin),
      begin: (message, origin) => parts.router.begin(message, origin),
      refuse: (stanza, error, origin) => parts.router.refuse(stanza, error, origin),
      now: () => parts.clock.now(),
      archiveIds,
      spool: this.#spool,
    })
    this.#catalogue = new Catalogue(this.#phases)
  }

  get bind2(): Phases['bind2'] {
    return this.#phases.bind2
  }

  get streamFeatures(): readonly ServerStreamFeature[] {
    return this.#plugging.streamFeatures
  }

  /** A wrong configuration is an error that names what is wrong. */
  async start(): Promise<void> {
    await this.accounts.start(this.#parts.storage.documents)
    await this.access.start()
    const { features, config } = this.#parts
    await this.#plugging.start(features, config.features, this.#powers())
    await this.sessions.resumptions.start()
  }

  /** Waits for what the sessions that ended leave behind. */
  async stop(): Promise<void> {
    await this.sessions.stop()
    await this.sessions.settled() // of guests: they begin removals
    await Promise.all(this.#removals.values())
    await this.#plugging.stop()
    this.#asks.stop()
  }

  // ---- stanzas ----

  /** From one of our sessions. */
  depart(stanza: Stanza, session: Session): Maybe<undefined> {
    try {
      const wait = this.#journey.depart(stanza, session)
      return wait instanceof Promise ? this.#guarded(wait, stanza, session) : wait
    } catch (error) {
      return this.#fault(stanza, session, error)
    }
  }

  /** From the router. Neither throws nor rejects: who sends a stanza need not look at what becomes of it. */
  take(stanza: Stanza, origin: Session | undefined): Maybe<undefined> {
    try {
      const wait = this.#take(stanza, stanza.to!, origin)
      return wait instanceof Promise ? this.#guarded(wait, stanza, origin) : wait
    } catch (error) {
      return this.#fault(stanza, origin, error)
    }
  }

  /** From the router, a message in two halves. Neither throws nor rejects, but for what could not be kept. */
  begin(message: Message, origin: Session | undefined): Maybe<Arrival> {
    try {
      const arrival = this.#begin(message, origin)
      return arrival instanceof Promise
        ? this.#beginLater(arrival, message, origin)
        : new Guarded(arrival, message, origin, this)
    } catch (error) {
      return this.#failed(message, origin, error)
    }
  }

  #begin(message: Message, origin: Session | undefined): Maybe<Arrival> {
    const to = message.to!
    return to.local === '' ? this.#toHost(message, origin) : this.#journey.begin(message, to, origin)
  }

  #beginLater(arrival: Promise<Arrival>, message: Message, origin: Session | undefined): Promise<Arrival> {
    return arrival.then(
      (known) => new Guarded(known, message, origin, this),
      (error) => this.#failed(message, origin, error),
    )
  }

  #toHost(message: Message, origin: Session | undefined): Arrival {
    return arrivalOf(() => this.#takeMessage(message, origin))
  }

  #failed(message: Message, origin: Session | undefined, error: unknown): Arrival {
    return arrivalOf(() => this.#fault(message, origin, error))
  }

  /** The second half of a message. Neither throws nor rejects. */
  proceed(arrival: Arrival, message: Message, origin: Session | undefined, settled: unknown): Maybe<undefined> {
    try {
      const wait = arrival.proceed(settled)
      return wait instanceof Promise ? this.#guarded(wait, message, origin) : wait
    } catch (error) {
      return this.#fault(message, origin, error)
    }
  }

  /** A client that does not say what it gets was given what others would have been asked about. */
  taken(local: string, id: number): void {
    this.#spool
      .remove(local, [id])
      .catch((error) =>
        this.#parts.log.error({ account: local, error }, 'a message that was delivered was not removed'),
      )
  }

  refused(error: Message, session: Session): void {
    this.#journey.refused(error, session)
  }

  #guarded(wait: Promise<undefined>, stanza: Stanza, origin: Session | undefined): Promise<undefined> {
    return wait.catch((error) => this.#fault(stanza, origin, error))
  }

  /** A fault of ours costs this stanza, not the session, and its sender is told. [S136] */
  #fault(stanza: Stanza, origin: Session | undefined, error: unknown): Maybe<undefined> {
    this.#parts.log.error({ from: stanza.from?.toString(), error }, 'a stanza could not be handled')
    return this.router.refuse(stanza, new StanzaError('internal-server-error'), origin)
  }

  #take(stanza: Stanza, to: Jid, origin: Session | undefined): Maybe<undefined> {
    if (to.local !== '') return this.#journey.arrive(stanza, to, origin)
    switch (stanza.kind) {
      case 'iq':
        return to.isDomain || stanza.type === 'result' || stanza.type === 'error'
          ? this.#iq.take(stanza, 'host', origin)
          : this.router.refuse(stanza, nobodyThere, origin)
      case 'presence':
        return undefined // a host has no presence of its own and tells nobody about subscriptions
      case 'message':
        return this.#takeMessage(stanza, origin)
    }
  }

  async #offer(message: Message): Promise<boolean> {
    for (const { call } of this.#phases.hostMessage) if (await call(message)) return true
    return false
  }

  #takeMessage(message: Message, origin: Session | undefined): Maybe<undefined> {
    if (this.#phases.hostMessage.length === 0) return this.router.refuse(message, nobodyThere, origin)
    return this.#offer(message).then((taken) => (taken ? undefined : this.router.refuse(message, nobodyThere, origin)))
  }

  // ---- accounts ----

  /** Not before everything of an account that had this name has ended. [S52] */
  async createAccount(local: string, password: string): Promise<boolean> {
    await this.#removals.get(local)
    return this.accounts.create(local, password)
  }

  /** Resolves when the account is gone from storage; its sessions end in the next turn, after the answer to whoever asked. */
  removeAccount(local: string): Promise<boolean> {
    const removed = this.#removeStored(local)
    const settled = removed
      .then(() => this.#endAccount(local))
      .catch((error) => this.#parts.log.error({ account: local, error }, 'an account was not removed whole'))
      .finally(() => {
        if (this.#removals.get(local) === settled) this.#removals.delete(local)
      })
    this.#removals.set(local, settled)
    return removed
  }

  async #removeStored(local: string): Promise<boolean> {
    // the roster room must know whose subscriptions end when storage has forgotten them [RFC6121 2.5.2]
    await this.#plugging.find(rosterService)?.items(local)
    return this.accounts.remove(local)
  }

  /** Resolves when nothing of a removed account goes on any more. */
  async accountEnded(local: string): Promise<void> {
    await this.#removals.get(local)
  }

  async #endAccount(local: string): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    for (const session of [...this.sessions.registry.of(local)])
      session.link.close(new StreamError('not-authorized', 'the account was removed'))
    await this.sessions.settled()
    this.#spool.accountRemoved(local)
    for (const { wiring } of this.#phases.wirings) await wiring.accountRemoved?.(local)
  }

  // ---- powers ----

  #powers(): Powers {
    const { config, storage, clock, random, log, software, started, hosts, router } = this.#parts
    return {
      host: { domain: this.domain, jid: this.jid, software, started, hosts },
      clock,
      random,
      log,
      limits: config.limits,
      sessions: { of: (local) => this.sessions.registry.of(local), find: (full) => this.sessions.registry.find(full) },
      accounts: {
        exists: (local) => this.accounts.exists(local),
        get: (local) => this.accounts.get(local),
        create: (local, password) => this.createAccount(local, password),
        setPassword: (local, password) => this.accounts.setPassword(local, password),
        remove: (local) => this.removeAccount(local),
      },
      access: this.access,
      route: (stanza) => router.route(stanza, undefined),
      ask: (to, type, payload, options = {}) =>
        this.#asks.ask(options.from ?? this.jid, to, type, payload, options.timeout ?? 60_000),
      presence: {
        set: (session, presence, priority) => this.sessions.setPresence(session, presence, priority),
        becameAvailable: (session) => this.sessions.available(session),
      },
      catalogue: this.#catalogue,
      services: this.#plugging.services,
      rosters: storage.roster,
      spool: this.#spool,
      documents: storage.documents,
      archive: storage.archive,
      archiveIds: this.#parts.archiveIds,
    }
  }
}

/** An arrival whose second half neither throws nor rejects. */
class Guarded implements Arrival {
  readonly #arrival: Arrival
  readonly #message: Message
  readonly #origin: Session | undefined
  readonly #host: Host

  constructor(arrival: Arrival, message: Message, origin: Session | undefined, host: Host) {
    this.#arrival = arrival
    this.#message = message
    this.#origin = origin
    this.#host = host
  }

  get durable(): Maybe<unknown> {
    return this.#arrival.durable
  }

  proceed(settled: unknown): Maybe<undefined> {
    return this.#host.proceed(this.#arrival, this.#message, this.#origin, settled)
  }

  abandon(): void {
    this.#arrival.abandon()
  }
}

/** As they are when somebody looks: they can change while the server runs. */
function spoolLimits({ limits, management }: ServerConfig): SpoolLimits {
  const most = (limit: number, more: number): number => (limit === 0 ? Number.MAX_SAFE_INTEGER : limit + more)
  const limit = (stanzas: number, bytes: number): OfflineLimit => ({
    count: most(limits.offlineMessages, stanzas),
    bytes: most(limits.offlineBytes, bytes),
  })
  return {
    get usual() {
      return limit(0, 0)
    },
    get expected() {
      return limit(management.stanzas, management.bytes)
    },
  }
}
