/// <reference lib="esnext.disposable" preserve="true" />
import type { Jid } from '@rookery/protocol/jid'
import { iq, type Message, type Presence } from '@rookery/protocol/stanza'
import type { Element } from '@rookery/protocol/xml'
import { readJid } from './contract/address.ts'
import { type ClientError, DisconnectedError, UsageError } from './contract/errors.ts'
import { Emitter, type EventsBase, type Listener, type ListenOptions } from './contract/events.ts'
import type { AnyExtension, ClientEvents, Core, Extension } from './contract/extension.ts'
import { guard, guardWork } from './contract/guard.ts'
import type { Kept } from './contract/kept.ts'
import type { ClientOptions } from './contract/options.ts'
import type { Platform } from './contract/platform.ts'
import type { ClientState } from './contract/state.ts'
import { checkWait } from './contract/until.ts'
import type { RequestOptions } from './contract/within.ts'
import { Dispatch } from './session/dispatch.ts'
import { createIds } from './session/ids.ts'
import { Lifeline } from './session/lifeline.ts'
import { Sessions } from './session/sessions.ts'

type Apis<X extends readonly AnyExtension[]> = { readonly [E in X[number] as E['name']]: ReturnType<E['start']> }
type Union<T> = T extends Extension<string, infer _, infer E> ? (unknown extends E ? never : E) : never
type Both<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer A) => void ? A : never

/** The events of the core and of these extensions. */
export type EventsOf<X extends readonly AnyExtension[]> = ClientEvents &
  ([Union<X[number]>] extends [never] ? unknown : Both<Union<X[number]>>)

/** A client with these extensions: each is a property with its name. */
export type Client<X extends readonly AnyExtension[] = readonly []> = ClientCore<EventsOf<X>> & Apis<X>

/** The same, shorter to write where a function takes one: `ClientWith<typeof chat | typeof rooms>`. */
export type ClientWith<E extends AnyExtension> = Client<readonly E[]>

/** How long an orderly end may take, in milliseconds: for messages to be acknowledged, and for the stream to be closed. */
const endWithin = 5_000

export class ClientCore<E extends ClientEvents = ClientEvents> {
  readonly #emitter: Emitter<ClientEvents> = new Emitter([])
  readonly #platform: Platform
  readonly #newId: () => string
  readonly #kept: Kept
  readonly #dispatch: Dispatch
  readonly #sessions: Sessions
  readonly #lifeline: Lifeline
  readonly #extensions: Map<string, unknown> = new Map()
  readonly #account: Jid
  readonly #options: ClientOptions
  readonly #failed = (error: ClientError): void => {
    // why the client is given up is said by its state, and by `connect()`: not once more by each who waited for a connection
    if (error !== (this.state as { readonly reason?: ClientError }).reason) this.#emitter.emit('error', error)
  }
  readonly #leaving: ((signal: AbortSignal) => Promise<undefined>)[] = []
  /** While it disconnects; and how often it was told to. */
  #ending: Promise<undefined> | undefined
  #ends = 0
  #isClosed = false

  /** Call `createClient` or `connect`. */
  constructor(options: ClientOptions, platform: Platform, kept: Kept) {
    const account = readJid(options.jid)
    const { clock, crypto } = platform
    const { trace } = options
    const failed = this.#failed
    this.#account = account.bare
    this.#options = options
    this.#platform = platform
    this.#kept = kept
    this.#newId = createIds(crypto)
    this.#dispatch = new Dispatch({
      clock,
      own: () => this.#sessions.jid,
      reply: (stanza) => this.#sessions.send(stanza.wire()),
      failed,
      omitted: (name) => void this.#emitter.emit('omitted', { name }),
    })
    this.#sessions = new Sessions({
      account,
      // who looks on breaks nothing
      options: {
        ...options,
        trace: trace && ((...shown) => guard(failed, 'trace', () => trace(...shown))),
      },
      platform,
      kept,
      request: (type, payload, options) => this.request(type, payload, options),
      receive: (element) => this.#dispatch.receive(element),
      lost: () => this.#dispatch.failAll(),
      failed,
    })
    this.#lifeline = new Lifeline(platform, options, this.#sessions, (state) => this.#changed(state))
    for (const extension of options.use ?? []) this.#expose(extension)
  }

  /** What the connection is doing. The event `state` tells of changes. */
  get state(): ClientState {
    return this.#lifeline.state
  }

  /** The full address of the session, once there was one. */
  get jid(): Jid | undefined {
    return this.#sessions.jid
  }

  /**
   * Resolves when the client can be used; throws what makes that impossible. While it lives, it comes back by itself. The signal ends the
   * first connecting, and only the waiting where others wait as well, or where the client is on its way back.
   */
  async connect(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<undefined> {
    const ends = this.#ends
    if (this.#ending !== undefined) await this.#ending
    checkWait(options)
    if (this.#isClosed) throw new UsageError('The client is closed: make another.')
    if (ends !== this.#ends) throw new DisconnectedError()
    await this.#lifeline.start(options.signal)
    this.#platform.clock.after(0, () => this.#emitter.release())
  }

  /**
   * Ends the session in order, after the server has acknowledged what was sent (at most 5 s). What it has not is kept in the store, and sent
   * by the next client of the account. `connect()` begins anew.
   */
  disconnect(): Promise<undefined> {
    this.#ends++
    this.#ending ??= this.#end().finally(() => (this.#ending = undefined))
    return this.#ending
  }

  async #end(): Promise<undefined> {
    const late = new AbortController()
    if (this.state.name === 'online') {
      const { clock } = this.#platform
      await new Promise((resolve) => {
        const cancel = clock.after(endWithin, () => resolve(late.abort()))
        const runs = this.#leaving.map((run) => guardWork(this.#failed, () => run(late.signal)))
        void Promise.all(runs).then(() => resolve(cancel()))
      })
    }
    this.#lifeline.stop()
    await this.#sessions.end(late.signal.aborted ? 500 : endWithin) // who has not answered will not
  }

  /** Disconnects, and lets go of the store. The client is of no use afterwards. */
  async close(): Promise<undefined> {
    this.#isClosed = true
    await this.disconnect()
    this.#sessions.over()
    await this.#kept.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Listens to an event; the answer stops it. A promise that a listener of messages answers holds back their acknowledgement. */
  on<K extends keyof E & string>(event: K, listener: Listener<E[K]>, options?: ListenOptions): () => void {
    return (this.#emitter as unknown as Emitter<E>).on(event, listener, options)
  }

  /** Asks for something with XML of your own, and resolves with the payload of the answer. */
  async request(type: 'get' | 'set', payload: Element, options: RequestOptions = {}): Promise<Element | undefined> {
    checkWait(options)
    const to = options.to === undefined ? undefined : readJid(options.to)
    const limits = { ...options, timeout: options.timeout ?? 30_000 }
    if (this.#sessions.connection === undefined) await this.#lifeline.wait(limits)
    const id = this.#newId()
    return await this.#dispatch.wait(id, to, limits, () =>
      this.#sessions.send(iq(undefined, to, type, id, payload).wire()),
    )
  }

  /** Sends a stanza of your own that nobody follows; false when there is no session to send it in. */
  send(stanza: Presence | Message): boolean {
    return this.#sessions.send(stanza.wire())
  }

  /** An extension, started if it is not yet: for those that were not in `use`. */
  use<Name extends string, Api, X>(extension: Extension<Name, Api, X>): Api {
    if (typeof extension?.start !== 'function') throw new UsageError('That is no extension.')
    const { name } = extension
    if (!this.#extensions.has(name)) {
      this.#extensions.set(name, extension.start(this.#coreFor(name) as Core<X>))
      for (const feature of extension.features ?? []) this.#sessions.supported.add(feature)
    }
    return this.#extensions.get(name) as Api
  }

  #expose(extension: AnyExtension): void {
    // a client with a `then` would be taken for a promise
    const name = extension?.name
    if (name in this || name === 'then') throw new UsageError(`An extension cannot be called "${name}".`)
    Object.defineProperty(this, name, { value: this.use(extension), enumerable: true })
  }

  #changed(state: ClientState): void {
    if (state.name === 'offline' || state.name === 'failed') this.#dispatch.failAll()
    this.#emitter.emit('state', state)
  }

  #coreFor(name: string): Core<EventsBase> {
    const client = this
    const {
      software = 'Rookery',
      version,
      kind = 'document' in globalThis ? 'web' : 'pc',
      plaintext = false,
      maxQueue = 8 << 20,
    } = this.#options
    const emitter = this.#emitter as unknown as Emitter<EventsBase>
    const sessions = this.#sessions
    const dispatch = this.#dispatch
    return {
      get account() {
        return client.#account.local === '' ? (sessions.jid?.bare ?? client.#account) : client.#account
      },
      get jid() {
        return sessions.jid
      },
      get state() {
        return client.state
      },
      get isClosed() {
        return client.#isClosed
      },
      get streamFeatures() {
        return sessions.offers
      },
      clock: this.#platform.clock,
      crypto: this.#platform.crypto,
      software: { name: software, version, kind },
      plaintext,
      newId: this.#newId,
      supported: sessions.supported,
      use: (extension) => this.use(extension),
      on: (event, listener, options) => this.#emitter.on(event, listener, options),
      emit: (event, payload) => emitter.emit(event, payload),
      hasListeners: (event) => emitter.has(event),
      failed: this.#failed,
      request: (type, payload, options) => this.request(type, payload, options),
      respond: dispatch.respond,
      send: (stanza) => this.send(stanza),
      sendNonza: (element) => {
        sessions.connection?.send(element)
        return sessions.connection !== undefined
      },
      onStanza: dispatch.onStanza,
      onSession: sessions.onSession,
      onSessionEnd: (run) => void sessions.endings.push(run),
      onDisconnect: (run) => void this.#leaving.push(run),
      carry: (make) => sessions.carry(make(this.#kept, maxQueue)),
      catchesUp: (does) => {
        sessions.catchesUp = does
      },
      inline: (request) => void sessions.inline.push(request),
      isTurnedOn: sessions.isTurnedOn,
      kept: (key) => this.#kept.get(`x/${name}/${key}`),
      keep: (key, value) => this.#kept.write([[`x/${name}/${key}`, value]]),
    }
  }
}
