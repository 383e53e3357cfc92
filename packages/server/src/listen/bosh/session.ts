/**
 * A BOSH session (XEP-0124 1.11, XEP-0206 1.4) as the transport of one connection: requests in the order of their rids become what was
 * received, what is sent goes out with the answers. Time is looked at once a second.
 */
import { createHash } from 'node:crypto'
import { BoshStream, STREAM_END, StreamHeader, type XmppStream } from '@rookery/protocol/stream'
import type { XmlLimits } from '@rookery/protocol/xml'
import type { TlsState, Transport, TransportSink } from '../../transport.ts'
import { type Peer, withoutBindings } from '../http/peer.ts'
import { Bodies } from './bodies.ts'
import type { Exchange } from './exchange.ts'
import { KeySequence } from './keys.ts'
import { Outbox } from './outbox.ts'
import type { BoshRequest, Wishes } from './request.ts'
import { RequestWindow, type Waiting } from './window.ts'

/** What the server grants. Seconds. */
export interface Terms {
  readonly wait: number
  readonly inactivity: number
  readonly pause: number
  readonly hold: number
  /** The shortest time between two empty requests. */
  readonly polling: number
}

/** Time from one look at the sessions to the next, in milliseconds. */
export const lookMs = 1000

/** How long the last answer waits for somebody who asks, in milliseconds. */
const lingering = 5000

/** Polling too often is forgiven some times in a row: clients that make up for a lost answer do. [XEP-0124 12] */
const patience = 5

export class BoshSession implements Transport {
  readonly sid: string
  readonly remoteAddress: string
  readonly tls: TlsState | undefined
  readonly canStartTls = false // [XEP-0206 2]
  readonly startsWithTls = false
  readonly isPolled = true
  readonly #terms: Terms
  readonly #isLegacy: boolean
  readonly #window: RequestWindow<Exchange, BoshRequest>
  readonly #keys = new KeySequence()
  readonly #outbox = new Outbox()
  readonly #bodies: Bodies
  readonly #ended: (session: BoshSession) => void
  #stream!: BoshStream
  #sink: TransportSink | undefined
  /** Requests whose turn has come while the connection reads nothing. */
  #inbox: Waiting<Exchange, BoshRequest>[] = []
  #isPaused = false
  #isSettling = false
  #isBlocked = false
  /** The stream has ended: the next answer says so. */
  #isEnding = false
  #lingers: NodeJS.Timeout | undefined
  #isClosed = false
  /** When the last answer was given, or the last request came. */
  #last: number
  /** Milliseconds that the client may be away now. */
  #leave: number
  #arrivedAt = Number.NEGATIVE_INFINITY
  #hurries = 0
  readonly #clock: () => number

  constructor(
    sid: string,
    peer: Peer,
    first: number,
    wishes: Wishes,
    terms: Terms,
    clock: () => number,
    ended: (session: BoshSession) => void,
  ) {
    this.sid = sid
    this.remoteAddress = peer.address
    // nothing binds a login to the many connections that requests come over
    this.tls = withoutBindings(peer.tls)
    this.#terms = terms
    this.#isLegacy = wishes.ver === undefined
    this.#window = new RequestWindow(first, terms.hold + 1)
    this.#bodies = new Bodies(sid, first, wishes, terms)
    this.#clock = clock
    this.#ended = ended
    this.#last = clock()
    this.#leave = this.#inactivity
  }

  get pending(): number {
    return this.#outbox.bytes
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Somebody has logged in. */
  get isLoggedIn(): boolean {
    return this.#stream.isWidened
  }

  /** For what the next body holds. */
  get limits(): XmlLimits {
    return this.#stream.limits
  }

  /** Who polls is given more time. [XEP-0124 12] */
  get #inactivity(): number {
    const { inactivity, polling } = this.#terms
    return (this.#isPolling ? inactivity + polling : inactivity) * 1000
  }

  get #isPolling(): boolean {
    return this.#terms.wait === 0 || this.#terms.hold === 0
  }

  // ---- from the client ----

  /** A request, in any order. */
  receive(request: BoshRequest, exchange: Exchange): void {
    const digest = createHash('sha256').update(request.wire, 'latin1').digest('base64')
    const isExtra = request.isTerminate || request.pause !== undefined
    const arrival = this.#window.arrive(request.rid, digest, request, exchange, isExtra)
    switch (arrival.kind) {
      case 'replay':
        return exchange.answer(arrival.answer, this.#bodies.contentType)
      case 'again':
        // whoever asked before may still wait for the answer [XEP-0124 14.3, 17.3]
        arrival.waiting.exchange.answer(this.#bodies.recoverable(), this.#bodies.contentType)
        arrival.waiting.exchange = exchange
        this.#watch(exchange)
        return this.#settleSoon()
      case 'refused':
        return this.fail(arrival.condition, exchange)
      case 'new':
        this.#watch(exchange)
        if (this.#isHurrying(request)) return this.fail('policy-violation', exchange) // [XEP-0124 11, 12]
        this.#leave = this.#inactivity
        for (let next = this.#window.take(); next !== undefined && !this.#isClosed; next = this.#window.take())
          this.#take(next)
        this.#settleSoon()
    }
  }

  #watch(exchange: Exchange): void {
    exchange.onGone(() => {
      this.#last = this.#clock()
    })
  }

  /** Whether it asks for news more often than it may. */
  #isHurrying(request: BoshRequest): boolean {
    const isEmpty =
      request.payloads.length === 0 && !request.isTerminate && !request.isRestart && request.pause === undefined
    const now = this.#clock()
    const isSoon = now - this.#arrivedAt < this.#terms.polling * 1000
    this.#arrivedAt = now
    const isMany = this.#isPolling ? this.#bodies.wasEmpty : this.#window.held >= this.#terms.hold
    this.#hurries = isEmpty && isSoon && isMany ? this.#hurries + 1 : 0
    return this.#hurries > patience
  }

  /** Its turn has come. */
  #take(waiting: Waiting<Exchange, BoshRequest>): void {
    const { request } = waiting
    this.#last = this.#clock()
    if (!this.#keys.follows(request.key, request.newKey)) return this.fail('item-not-found', waiting.exchange)
    if (request.pause !== undefined) {
      if (request.pause > this.#terms.pause) return this.fail('policy-violation', waiting.exchange)
      this.#leave = request.pause * 1000
    }
    this.#inbox.push(waiting)
    this.#deliver()
  }

  #deliver(): void {
    while (!this.#isPaused && !this.#isClosed && this.#sink !== undefined) {
      const waiting = this.#inbox.shift()
      if (waiting === undefined) return
      this.#pushEvents(waiting.request)
      this.#sink.data(waiting.request.wire)
    }
  }

  #pushEvents(request: BoshRequest): void {
    const stream = this.#stream
    if (request.sid === undefined || request.isRestart) {
      const { to, from, lang } = request
      const version = this.#bodies.version
      stream.push(new StreamHeader({ to, from, lang, version }))
    }
    // what a restart holds beside is ignored [XEP-0206 5]
    if (!request.isRestart) for (const payload of request.payloads) stream.push(payload)
    if (request.isTerminate) stream.push(STREAM_END)
  }

  // ---- answers ----

  #settleSoon(): void {
    if (this.#isSettling) return
    this.#isSettling = true
    // what this turn sends goes into the same answer
    setImmediate(() => {
      this.#isSettling = false
      this.#settle()
    })
  }

  #settle(): void {
    while (!this.#isClosed) {
      const { oldest, held } = this.#window
      if (oldest === undefined) break
      if (oldest.exchange.isGone) {
        // nobody listens: it may ask again; a later request can only be answered behind it
        if (held === 1) break
        this.#window.answer(this.#bodies.empty(this.#ack(oldest.rid)))
      } else if (this.#hasMore && oldest.request.pause === undefined) this.#answer(oldest, this.#outbox.take())
      else if (this.#isEnding) this.#finish(oldest)
      else if (this.#mustAnswer(oldest, held)) this.#answer(oldest, [])
      else break
    }
    if (this.#isEnding && !this.#isClosed) return this.#release()
    if (!this.#isBlocked || !this.#outbox.isEmpty || this.#isClosed) return
    this.#isBlocked = false
    this.#sink?.drained()
  }

  /** Something to send that does not belong to the last answer of all. */
  get #hasMore(): boolean {
    return !this.#outbox.isEmpty && !(this.#isEnding && this.#outbox.fitsOne)
  }

  /** There are more than may be held, or the client polls, or goes away for a while. */
  #mustAnswer({ request }: Waiting<Exchange, BoshRequest>, held: number): boolean {
    if (this.#inbox.length > 0 || this.#bodies.isFirst) return false // who is not read yet does not ask for more
    if (held > this.#terms.hold || this.#isPolling || request.pause !== undefined) return true
    for (const waiting of this.#window.all) if (waiting.request.pause !== undefined) return true
    return false
  }

  #answer({ rid, exchange }: Waiting<Exchange, BoshRequest>, elements: readonly string[]): void {
    const body = this.#bodies.isFirst
      ? this.#bodies.first(elements, this.#stream.header)
      : this.#bodies.next(elements, this.#ack(rid))
    this.#window.answer(body)
    exchange.answer(body, this.#bodies.contentType)
    this.#last = this.#clock()
  }

  /** The session ends with this answer; all others are empty. [XEP-0124 13] */
  #finish({ exchange }: Waiting<Exchange, BoshRequest>): void {
    const { condition, body } = this.#bodies.last(this.#outbox.take())
    exchange.fail(condition ?? '', body, this.#bodies.contentType, this.#isLegacy)
    for (const other of this.#window.all) other.exchange.answer(this.#bodies.empty(undefined), this.#bodies.contentType)
    this.#close()
  }

  #ack(rid: number): number | undefined {
    return this.#window.taken > rid ? this.#window.taken : undefined
  }

  /** The client has broken the rules: the session is over. [XEP-0124 17.2] */
  fail(condition: string, exchange: Exchange | undefined): void {
    const type = this.#bodies.contentType
    exchange?.fail(condition, this.#bodies.terminal(condition), type, this.#isLegacy)
    for (const other of this.#window.all)
      other.exchange.fail('other-request', this.#bodies.terminal('other-request'), type, this.#isLegacy)
    this.#close()
  }

  /** Called every `lookMs`: held for as long as may be, or away for too long. */
  look(now: number): void {
    const { oldest } = this.#window
    if (oldest !== undefined && !oldest.exchange.isGone) {
      // rather too early than too late: at the next look the client may have given up [XEP-0124 7.1, 8]
      const isOver = now - oldest.exchange.arrivedAt + lookMs > this.#terms.wait * 1000
      if (isOver && !this.#bodies.isFirst && this.#inbox.length === 0) this.#answer(oldest, [])
    } else if (now - this.#last > this.#leave) this.destroy() // [XEP-0124 10]
  }

  // ---- from the connection ----

  createStream(limits: XmlLimits): XmppStream {
    this.#stream = new BoshStream(limits)
    return this.#stream
  }

  attach(sink: TransportSink): void {
    this.#sink = sink
  }

  /** True when it leaves with an answer that somebody waits for. */
  write(wire: string): boolean {
    this.#outbox.add(wire)
    const { oldest } = this.#window
    const isAwaited = oldest !== undefined && !oldest.exchange.isGone && oldest.request.pause === undefined
    if (isAwaited) this.#settleSoon()
    if (!isAwaited || !this.#outbox.fitsOne) this.#isBlocked = true
    return !this.#isBlocked
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#deliver()
    this.#settleSoon()
  }

  end(): void {
    this.#isEnding = true
    this.#inbox = []
    this.#settleSoon()
    this.#lingers ??= setTimeout(() => this.#close(), lingering)
  }

  destroy(): void {
    for (const { exchange } of this.#window.all)
      exchange.answer(this.#bodies.terminal('remote-connection-failed'), this.#bodies.contentType)
    this.#close()
  }

  startTls(_host: string, done: (error?: Error) => void): void {
    done(new Error('BOSH is secured below'))
  }

  /** The connection has no more to do with it; the last answer may still be fetched. */
  #release(): void {
    const sink = this.#sink
    this.#sink = undefined
    sink?.closed()
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#lingers)
    this.#inbox = []
    this.#ended(this)
    this.#release()
  }
}
