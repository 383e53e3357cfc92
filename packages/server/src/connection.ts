/**
 * One client connection: a transport, a stream machine, a bounded queue each way. It owns order, back-pressure and
 * limits; what elements mean is decided in negotiate/ until a resource is bound, then in inbound.ts.
 */
import { type Maybe, NS, then } from '@rookery/protocol'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { iq } from '@rookery/protocol/stanza'
import {
  featureFor,
  languageOf,
  offerAll,
  readStreamError,
  STREAM_END,
  StreamError,
  type StreamEvent,
  StreamHeader,
} from '@rookery/protocol/stream'
import { acknowledgementRequest } from '@rookery/protocol/xeps/management'
import { Element, el, type XmlLimits } from '@rookery/protocol/xml'
import type { ServerConfig } from './config/schema.ts'
import type { Delivery } from './delivery.ts'
import { type Gate, prefix } from './gate.ts'
import type { Host } from './host.ts'
import { inbound } from './inbound.ts'
import { Liveness } from './liveness.ts'
import type { Line } from './management/line.ts'
import { Meter } from './meter.ts'
import type { Negotiation, Resumption, ServerStreamFeature, StreamManagement } from './negotiate/index.ts'
import { type Flusher, Outbound } from './outbound.ts'
import type { ClockPower, Log } from './powers.ts'
import type { Session } from './session.ts'
import type { TlsState, Transport, TransportSink } from './transport.ts'

/** What all connections of a server share. */
export interface Surroundings {
  readonly config: ServerConfig
  readonly clock: ClockPower
  readonly log: Log
  readonly gate: Gate
  readonly flusher: Flusher
  readonly limits: { readonly before: XmlLimits; readonly after: XmlLimits }
  host(domain: string): Host | undefined
  /** Whose name stands in headers and certificates while the client has named no host of ours. */
  readonly defaultHost: Host
  closed(connection: Connection): void
}

/** In the order in which a connection goes through them. */
type Phase = 'opening' | 'negotiating' | 'bound' | 'closing' | 'closed'

export class Connection implements TransportSink, Line, Negotiation {
  readonly #s: Surroundings
  readonly #transport: Transport
  readonly #outbound: Outbound
  /** None where the rate is not limited. */
  readonly #meter: Meter | undefined
  #stream: ReturnType<Transport['createStream']>
  #phase: Phase = 'opening'
  #host: Host
  #account: string | undefined
  #isAnonymous = false
  /** Of the account when somebody logged in to it. */
  #era = 0
  #session: Session | undefined
  #from: Jid | undefined
  /** Of the stanzas that name none. [RFC6120 4.7.4] */
  #lang: string | undefined
  #headers = 0
  #failures = 0
  /** While positive nothing is taken from the stream: somebody waits, or the rate is over. */
  #holds = 0
  /** Of these: stanzas of this stream that are being dealt with. */
  #waits = 0
  /** One of them, while the client has to read first. */
  #isBehind = false
  #isPumping = false
  #hasSaidGoodbye = false
  /** The transport is closed, and what came before is still dealt with: this is the next of it. */
  #ahead: StreamEvent
  #isGone = false
  readonly #liveness: Liveness

  constructor(transport: Transport, surroundings: Surroundings) {
    this.#s = surroundings
    this.#transport = transport
    this.#host = surroundings.defaultHost
    const { limits } = surroundings.config
    const now = surroundings.clock.monotonic()
    this.#liveness = new Liveness(now)
    if (limits.bytesPerSecond > 0) this.#meter = new Meter(limits.bytesPerSecond, limits.burstBytes, now)
    this.#stream = this.#newStream()
    this.#outbound = new Outbound(transport, surroundings.flusher, limits.outboundBytes, () => this.#overflowed())
    transport.attach(this)
    if (transport.startsWithTls) this.secure()
  }

  // ---- what negotiation and sessions see ----

  get host(): Host {
    return this.#host
  }
  get config(): ServerConfig {
    return this.#s.config
  }
  get log(): Log {
    return this.#s.log
  }
  get remoteAddress(): string {
    return this.#transport.remoteAddress
  }
  get remoteNetwork(): string {
    return prefix(this.#transport.remoteAddress)
  }
  get tls(): TlsState | undefined {
    return this.#transport.tls
  }
  get isSecure(): boolean {
    return this.#transport.tls !== undefined
  }
  get canStartTls(): boolean {
    return this.#transport.canStartTls
  }
  get account(): string | undefined {
    return this.#account
  }
  get from(): Jid | undefined {
    return this.#from
  }
  get isAnonymous(): boolean {
    return this.#isAnonymous
  }
  get management(): StreamManagement {
    return { resume: (request) => this.#resume(request), enable: (request) => this.#enable(request) }
  }
  get session(): Session | undefined {
    return this.#session
  }

  send(element: Element): void {
    this.#outbound.write(this.#stream.element(element))
  }

  write(wire: string, delivery?: Delivery): undefined {
    this.#outbound.write(this.#stream.stanza(wire), this.isAnswering)
    if (delivery?.given() === true) this.#host.taken(this.#account!, delivery.id)
  }

  /** What is written now is the answer to a stanza of the client's own. */
  get isAnswering(): boolean {
    return this.#isPumping || this.#waits > 0
  }

  askForAcknowledgement(): void {
    this.#outbound.writeLast(this.#stream.element(acknowledgementRequest))
  }

  flushed(done: (sent: boolean) => void): void {
    this.#outbound.flushed(done)
  }

  /** Ends the stream: with an error, or cleanly. The session ends at once; the socket when its bytes are out. */
  close(error?: StreamError): void {
    this.#close(error, 'end')
  }

  /** Ends the stream for a reason that is not the client's: it may come back to its session. [XEP-0198 5] */
  #lose(error: StreamError): void {
    this.#close(error, 'detach')
  }

  /** The server goes down; sessions that can be resumed outlive it. */
  shutDown(): void {
    this.#lose(new StreamError('system-shutdown', 'the server goes down'))
  }

  /** The session of this stream goes on elsewhere. */
  supersede(error: StreamError): void {
    this.#session = undefined
    this.close(error)
  }

  #close(error: StreamError | undefined, session: 'end' | 'detach'): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return
    if (session === 'detach') this.#detachSession() // nothing of it comes behind the end of the stream
    // an error before our header comes after one all the same [RFC6120 4.9.1.2]
    if (!this.#stream.isOpen && error !== undefined) this.#openHeader()
    if (error !== undefined) {
      this.#s.log.debug({ address: this.remoteAddress, condition: error.condition, text: error.text }, 'stream closed')
      this.#outbound.write(this.#stream.error(error))
    }
    this.#outbound.write(this.#stream.close())
    this.#phase = 'closing'
    // a client that was turned out may want to know how far it had come [XEP-0198 5]
    if (session === 'end') this.#endSession(error === undefined ? 'left' : 'lost')
    this.#outbound.end()
    this.#transport.end()
  }

  // ---- from the transport ----

  data(wire: string): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return
    this.#liveness.heard()
    this.#stream.feed(wire)
    this.#pump()
    const pause = this.#meter?.take(wire.length, this.#s.clock.monotonic()) ?? 0
    if (pause > 0) {
      this.#hold()
      this.#s.clock.after(pause, () => this.#release())
    }
  }

  drained(): void {
    this.#liveness.drained()
    this.#outbound.drained()
    if (!this.#isBehind || this.#outbound.isBehind) return
    this.#isBehind = false
    this.#release()
  }

  /** What the client of a session has sent takes effect, though it does not wait for that; the first of it is under way. */
  closed(): void {
    if (this.#isGone) return
    this.#outbound.abandon()
    if (this.#phase === 'bound' && this.#waits > 0) this.#ahead = this.#stream.next()
    if (this.#ahead === undefined) return this.#finish()
    this.#isGone = true
    if (this.#session?.management === undefined) this.#session?.hold() // what comes for it goes to others
    if (!this.#isBehind) return
    this.#isBehind = false
    this.#holds--
  }

  #finish(): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#outbound.abandon()
    this.#detachSession()
    this.#s.closed(this)
  }

  // ---- from the server ----

  /** Called every second. */
  check(now: number): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return
    const { limits } = this.#s.config
    const look = {
      isLoggedIn: this.#phase === 'bound',
      isBlocked: this.#outbound.isBlocked && this.#transport.isPolled !== true,
      isPartial: this.#stream.isPartial === true && this.#holds === 0,
    }
    switch (this.#liveness.look(now, look, limits)) {
      case 'login':
        return this.close(new StreamError('connection-timeout', `log in within ${limits.negotiationSeconds} seconds`))
      case 'unread':
        return this.#overflowed()
      case 'partial':
        return this.close(
          new StreamError('policy-violation', `a stanza must arrive within ${limits.stanzaSeconds} seconds`),
        )
      case 'silent':
        return this.#lose(new StreamError('connection-timeout', 'nothing was heard for too long'))
      case 'ask':
        this.#askForSignOfLife()
    }
    if (this.#session?.management?.isSilent(now) === true)
      this.#lose(new StreamError('connection-timeout', 'no acknowledgement came')) // [S84]
  }

  #askForSignOfLife(): void {
    const jid = this.#session?.jid
    if (jid === undefined) return
    this.#session?.send(iq(this.#host.jid, jid, 'get', this.#host.random.id(), el('ping', 'urn:xmpp:ping')))
  }

  destroy(): void {
    this.#transport.destroy()
    this.#finish()
  }

  // ---- the stream ----

  #newStream(): ReturnType<Transport['createStream']> {
    return this.#transport.createStream(this.#s.limits.before)
  }

  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    try {
      while (this.#holds === 0 && this.#phase !== 'closing' && this.#phase !== 'closed') {
        const event = this.#ahead ?? this.#stream.next()
        this.#ahead = undefined
        if (event === undefined) return
        if (event instanceof Element) {
          this.#liveness.completed()
          this.#element(event)
        } else if (event instanceof StreamHeader) this.#header(event)
        else if (event instanceof StreamError) this.close(event)
        else if (event === STREAM_END) this.#saidGoodbye()
        if (!this.#isBehind && this.#outbound.isBehind) {
          this.#isBehind = true // who does not read is not asked what else it wants [S81]
          this.#hold()
        }
      }
    } catch (error) {
      this.#fault(error)
    } finally {
      this.#isPumping = false
    }
  }

  /** The client has said all: it still hears what becomes of it [RFC6120 4.4], and the count that it asked for [XEP-0198 4]. */
  #saidGoodbye(): void {
    this.#hasSaidGoodbye = true
    const close = (): undefined => this.close() as undefined
    const answered = then(this.#session?.settled(), () => this.#session?.management?.handled.answered())
    if (answered === undefined) return close()
    this.#wait(answered.then(close))
  }

  #header(header: StreamHeader): void {
    const { streamRestarts } = this.#s.config.limits
    if (++this.#headers > streamRestarts)
      return this.close(new StreamError('policy-violation', 'too many stream restarts')) // [S28]
    const named = header.to === undefined ? undefined : parseJid(header.to)
    const host = named === undefined || !named.isDomain ? undefined : this.#s.host(named.domain)
    if (this.#account !== undefined && host !== this.#host)
      return this.close(new StreamError('not-authorized', 'the host of a stream is fixed once somebody has logged in')) // [S42]
    if (host === undefined) return this.close(new StreamError('host-unknown', "name a host of this server in 'to'")) // [RFC6120 4.9.3.6]
    this.#host = host
    this.#lang = languageOf(header)
    this.#from = header.from === undefined ? undefined : parseJid(header.from)
    this.#openHeader(header.from)
    if (this.#isFromElsewhere()) return this.close(new StreamError('invalid-from', 'the account is not of this host')) // [XEP-0388 2.1]
    this.#phase = 'negotiating'
    // which mechanisms somebody may use has to be known before they are listed
    const ready = this.#from?.domain === host.domain ? host.accounts.prepare(this.#from.local) : undefined
    if (!(ready instanceof Promise)) return this.offerFeatures()
    this.#wait(
      ready.then(() => {
        if (this.#phase === 'negotiating') this.offerFeatures()
        return undefined
      }),
    )
  }

  /** Whoever may log in names an account of another host. */
  #isFromElsewhere(): boolean {
    if (this.#account !== undefined || !this.isSecure || this.#from === undefined) return false
    return this.#from.local !== '' && this.#from.domain !== this.#host.domain
  }

  /** `to`: the address the client gave itself. [RFC6120 4.7.2] */
  #openHeader(to?: string): void {
    const { domain: from, random } = this.#host
    this.#outbound.write(this.#stream.open(new StreamHeader({ id: random.id(), from, to, version: '1.0', lang: 'en' })))
  }

  #element(element: Element): void {
    // the client found a fault of ours and goes: no error for its error [RFC6120 4.9.1.1]
    if (element.is('error', NS.streams)) return this.#failedByClient(element)
    if (this.#session === undefined || element.ns !== NS.client) return this.#negotiate(element)
    this.#session.management?.handled.count() // [XEP-0198 4]
    let taken: Maybe<undefined> | StreamError
    try {
      taken = inbound(element, this.#session, this.#host, this.#lang)
    } catch (error) {
      return this.#fault(error)
    }
    if (taken instanceof StreamError) return this.close(taken)
    if (taken === undefined) return
    this.#session.attend(taken)
    this.#wait(taken)
  }

  #failedByClient(error: Element): void {
    const { condition, text } = readStreamError(error)
    this.#s.log.debug({ address: this.remoteAddress, condition, text }, 'stream closed by the client with an error')
    this.close()
  }

  #negotiate(element: Element): void {
    const feature: ServerStreamFeature | undefined = featureFor(this.#host.streamFeatures, element, this)
    if (feature === undefined) return this.close(this.#untimely(element))
    const taken = feature.receive(element, this)
    if (taken !== undefined) this.#wait(taken)
  }

  /** A stanza before its time, or something nobody offered. [RFC6120 4.9.3.12, S32] */
  #untimely(element: Element): StreamError {
    if (this.#session === undefined && (element.ns === NS.client || element.ns === NS.sasl))
      return new StreamError('not-authorized', 'log in and bind a resource first')
    if (element.ns === NS.tls) return new StreamError('not-authorized', 'TLS cannot be started here')
    return new StreamError('unsupported-stanza-type', `<${element.name}/> is not expected here`)
  }

  /** Holds the stream until somebody who must decide something has. */
  #wait(promise: Promise<undefined>): void {
    this.#hold()
    this.#waits++
    promise
      .catch((error) => this.#fault(error))
      .then(() => {
        this.#waits--
        this.#release()
      })
  }

  #hold(): void {
    if (this.#holds++ === 0) this.#transport.pause()
  }

  #release(): void {
    if (--this.#holds > 0) return
    if (this.#phase !== 'closing' && this.#phase !== 'closed') this.#pump()
    if (this.#holds > 0) return
    if (this.#isGone) this.#finish()
    else if (this.#phase !== 'closing' && this.#phase !== 'closed') this.#transport.resume()
  }

  /** A fault of ours costs this stanza, not the session; before there is one, the stream. [S136] */
  #fault(error: unknown): void {
    this.#s.log.error({ error, account: this.#session?.jid.toString() }, 'a stanza could not be handled')
    if (this.#session === undefined) this.close(new StreamError('internal-server-error'))
  }

  // ---- steps of negotiation ----

  secure(): void {
    // whatever came in the clear after <starttls/> is thrown away, never read as if it had come under TLS [S33]
    this.#stream = this.#newStream()
    this.#phase = 'opening'
    this.#outbound.flush()
    this.#hold()
    this.#transport.startTls(this.#host.domain, (error) => {
      if (error !== undefined) {
        this.#s.log.info({ address: this.remoteAddress, error: error.message }, 'TLS could not be started')
        return this.destroy()
      }
      this.#release() // the rate may hold it still
    })
  }

  authenticated(local: string, isAnonymous: boolean, stream: 'restart' | 'continue'): void {
    this.#account = local
    this.#era = this.#host.accounts.era(local)
    this.#isAnonymous = isAnonymous
    this.#s.gate.authenticated(this.remoteAddress)
    this.#stream.limits = this.#s.limits.after
    if (stream === 'continue') return
    this.#stream.restart()
    this.#phase = 'opening'
  }

  offerFeatures(): void {
    this.send(offerAll(this.#host.streamFeatures, this))
  }

  bind(resource: string | undefined, agent?: string): Session | 'malformed' | 'too-many' | 'gone' {
    const isOver = this.#phase === 'closing' || this.#phase === 'closed' // the client has gone while its login was looked at
    if (isOver || this.#host.accounts.era(this.#account!) !== this.#era) return 'gone' // [S52]
    const session = this.#host.sessions.bind(this.#account!, resource, this, agent)
    if (typeof session === 'string') return session
    this.#session = session
    this.#phase = 'bound'
    return session
  }

  #enable(request: Element): Maybe<() => Element> {
    return this.#host.sessions.resumptions.enable(this.#session!, this, request, this.#isAnonymous)
  }

  #resume(request: Element): Maybe<Resumption | undefined> {
    if (this.#host.accounts.era(this.#account!) !== this.#era)
      return this.close(new StreamError('not-authorized', 'log in again')) as undefined // [S52]
    return then(this.#host.sessions.resumptions.resume(this.#account!, request, this), (resumed) => {
      if (resumed instanceof StreamError) return this.close(resumed) as undefined
      if (resumed instanceof Element) return { answer: resumed, isResumed: false, proceed: () => undefined }
      if (this.#phase === 'closing' || this.#phase === 'closed') {
        this.#host.sessions.detach(resumed.session, false) // the client has gone again meanwhile
        return undefined
      }
      this.#session = resumed.session
      this.#phase = 'bound'
      return { answer: resumed.answer, isResumed: true, proceed: () => resumed.session.management?.resend() }
    })
  }

  failedLogin(): boolean {
    const { gate, clock, config } = this.#s
    gate.failedLogin(this.remoteAddress, clock.monotonic())
    const { authFailuresPerStream } = config.limits
    if (authFailuresPerStream !== 0 && ++this.#failures >= authFailuresPerStream) return true
    return gate.hasFailedTooOften(this.remoteAddress, config.limits, clock.monotonic()) // [S29]
  }

  // ---- the end ----

  #endSession(how: 'left' | 'lost'): void {
    const session = this.#session
    if (session === undefined || session.isEnded) return
    this.#host.sessions.end(session, how, this.#isAnonymous)
  }

  #detachSession(): void {
    if (this.#hasSaidGoodbye) return this.#endSession('left') // whether or not it waits to hear the end [XEP-0198 7]
    const session = this.#session
    this.#session = undefined // it may go on elsewhere before this connection is closed [S79]
    if (session !== undefined) this.#host.sessions.detach(session, this.#isAnonymous)
  }

  #overflowed(): void {
    this.#s.log.warn(
      { address: this.remoteAddress, account: this.#session?.jid.toString() },
      'disconnected: the client does not read',
    )
    this.destroy()
  }

  /** For the count of connections that are not logged in. */
  get wasAuthenticated(): boolean {
    return this.#account !== undefined
  }
}
