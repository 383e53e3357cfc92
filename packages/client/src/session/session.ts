/**
 * A bound session: its stanzas, counted both ways where the server manages the stream (XEP-0198 1.6.3), over one connection after the other.
 * Where the server does not, an answered ping tells that what was sent before it has arrived [RFC6120 10.1]. What stanzas mean is not known here.
 */
import type { Jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { onWire, Unacknowledged } from '@rookery/protocol/stream'
import { MANAGEMENT_NS } from '@rookery/protocol/xeps/names'
import { type Element, el } from '@rookery/protocol/xml'
import type { Carried } from '../contract/carrier.ts'
import { type ClientError, ConnectError, DisconnectedError, RequestError } from '../contract/errors.ts'
import type { Clock } from '../contract/platform.ts'
import type { Connection } from '../negotiate/connection.ts'
import type { Enabled } from '../negotiate/negotiation.ts'
import { broken, countOf } from '../negotiate/nonzas.ts'
import { Handled } from './handled.ts'

/** What was sent, and by whom it is carried. */
interface Sent {
  readonly wire: string
  readonly entry: Carried | undefined
}

/** A session whose stream the server manages. */
export interface Managed extends Enabled {
  /** Of this session in this program: numbers of stanzas that were sent elsewhere mean nothing here. */
  readonly run: number
}

export interface SessionParts {
  readonly clock: Clock
  /** Asks the server for an answer, where it does not manage the stream. */
  readonly ping: () => Promise<unknown>
  /** Milliseconds of silence after which the server is asked whether it is there. */
  readonly keepAlive: number
  /** Milliseconds to wait for that answer. */
  readonly answerWithin: number
  /** Bytes of received stanzas that nobody has dealt with; beyond, nothing more is read. */
  readonly maxUnhandled: () => number
  /** A stanza; a promise holds back its acknowledgement. */
  readonly stanza: (element: Element) => undefined | Promise<undefined>
  /** The server has these. */
  readonly acknowledged: (entries: readonly Carried[]) => void
  /** The server had handled so many of what was sent before the program was started anew. */
  readonly handledBefore: (h: number) => void
  /** Before so many are acknowledged to the server: what has to be kept first. */
  readonly handled: (count: number) => undefined | Promise<undefined>
  /** Its connection is gone, and it cannot go on. */
  readonly lost: () => void
}

/** Whoever asks and asks is answered as often, and each answer is kept until it is acknowledged: so many UTF-16 units at most. */
const mostAnswers = 10_000_000
/** Connections that the server ends one after the other, and takes nothing of what it is sent on them: it would end the next one as well. */
const mostBreaks = 2
/** Ends that have nothing to do with that, though the server says them. */
const innocent = /shutdown|reset|constraint|internal|timeout/

export class Session {
  readonly jid: Jid
  /** Undefined where the server does not manage the stream. */
  readonly management: Managed | undefined
  /** Why its last connection ended; and how many have, one after the other, with something on its way that the server has not taken. */
  ended: ClientError | undefined
  breaks = 0
  /** Of before the program was started anew, and not gone on with: how much was sent in it is not known. */
  #isOfBefore: boolean
  readonly #handled: Handled
  #unacked: Unacknowledged<Sent> = new Unacknowledged()
  /** The length of those that nobody follows. */
  #answers = 0
  readonly #parts: SessionParts
  #connection: Connection | undefined
  /** A request for an acknowledgement is under way, or a ping; how many had been sent then. */
  #asked: number | undefined
  #asks = false
  /** The last count we told, and whether the server waits for a higher one. */
  #told = 0
  #owes = false
  /** While a count is being kept, and the acknowledgement after that. */
  #keeping: Promise<undefined> | undefined
  #next: Promise<undefined> | undefined
  #stopTimer: () => void = () => undefined
  #stopAsking: () => void = () => undefined
  #stopTelling: (() => void) | undefined
  #drained: () => void = () => undefined

  /** `handledBefore`: of a session of before the program was started anew, how many stanzas of the server were handled in it. */
  constructor(jid: Jid, management: Managed | undefined, parts: SessionParts, handledBefore?: number) {
    this.jid = jid
    this.management = management
    this.#isOfBefore = handledBefore !== undefined
    this.#handled = new Handled(handledBefore ?? 0, () => this.#advanced())
    this.#parts = parts
  }

  get handled(): number {
    return this.#handled.count
  }

  get connection(): Connection | undefined {
    return this.#connection
  }

  /** By what it is gone on with on another connection; undefined where it cannot be. */
  get id(): string | undefined {
    return this.breaks < mostBreaks ? this.management?.id : undefined
  }

  /** Whether what is sent now goes out in it, at once or when it goes on. */
  get isOpen(): boolean {
    return this.#connection !== undefined || (this.id !== undefined && !this.#isOfBefore)
  }

  /** Whether the server has all that was sent. */
  get isIdle(): boolean {
    return this.#unacked.size === 0
  }

  /** What was sent and not acknowledged, in order. */
  get unacknowledged(): readonly Carried[] {
    return this.#unacked.rest().flatMap(({ entry }) => entry ?? [])
  }

  /** Begins on a new connection. `early`: what came before it was managed, which is not counted, though answers to it are. */
  attach(connection: Connection, early: readonly Element[] = []): void {
    this.#connection = connection
    this.#asked = undefined
    this.#told = this.#handled.count
    this.#owes = false
    void connection.closed.then((reason) => {
      if (connection !== this.#connection) return
      this.ended = reason
      const why = reason?.kind === 'stream' ? reason.condition : !reason
      // without a word of the server it is the network most often
      if (!this.isIdle && !innocent.test(`${why}`))
        this.breaks += why === 'policy-violation' ? mostBreaks : why ? 1 : 0.5
      this.detach()
      if (this.id === undefined) this.#parts.lost()
    })
    early.forEach(this.#parts.stanza)
    connection.consume((element) => this.#receive(connection, element))
    this.#watchSilence(connection)
  }

  /** Goes on, on another connection: false when the server's count cannot be true. Sends again what it has not got. [XEP-0198 5] */
  resume(connection: Connection, h: number): boolean {
    if (!this.handledBy(h)) return false
    // first of all: what came with the answer is read as soon as it is attached, and may be answered
    for (const { wire } of this.#unacked.rest()) connection.sendWire(wire)
    this.attach(connection)
    this.#ask()
    return true
  }

  /** The server had handled so many of this session: false when that cannot be true. */
  handledBy(h: number): boolean {
    if (this.#isOfBefore) {
      if (h < 0) return false
      this.#isOfBefore = false
      this.#unacked = new Unacknowledged(h)
      this.#parts.handledBefore(h)
      return true
    }
    const taken = this.#unacked.acknowledge(h)
    if (taken !== undefined) this.#tell(taken)
    return taken !== undefined
  }

  detach(): void {
    if (!this.#connection) return
    this.#handled.interrupt()
    this.#stopTimer()
    this.#stopAsking()
    this.#asks = false
    this.#connection = undefined
  }

  /** The answer is the number of the stanza in this session. */
  send(wire: string, entry?: Carried): number {
    const connection = this.#connection
    // without a connection it is sent when the session goes on
    if (!this.isOpen) throw new DisconnectedError()
    connection?.sendWire(wire)
    if (this.management || entry) {
      this.#unacked.push({ wire, entry })
      this.#ask()
      if (!entry) this.#answers += wire.length
      if (this.#answers > mostAnswers) connection?.destroy(broken(MANAGEMENT_NS))
    }
    return this.#unacked.sent
  }

  /** Is the server there? If it does not answer in time, the connection is given up. */
  check(within: number = this.#parts.answerWithin): void {
    const connection = this.#connection
    if (!connection) return
    this.#request(connection)
    this.#inSilence(connection, within, () =>
      connection.destroy(new ConnectError('timeout', 'The server does not answer.')),
    )
  }

  #watchSilence(connection: Connection): void {
    this.#inSilence(connection, this.#parts.keepAlive, () => this.check())
  }

  /** Unless something comes within so many milliseconds, or it is us who do not listen. */
  #inSilence(connection: Connection, within: number, run: () => void): void {
    const before = connection.received
    this.#stopTimer()
    this.#stopTimer = this.#parts.clock.after(within, () => {
      if (connection.received !== before || connection.isPaused) this.#watchSilence(connection)
      else run()
    })
  }

  #receive(connection: Connection, element: Element): void {
    if (connection !== this.#connection) return
    if (element.ns === NS.client) return this.#stanza(connection, element)
    if (element.ns !== MANAGEMENT_NS) return
    if (element.name === 'r') {
      this.#owes = true
      this.#acknowledge()
    } else if (element.name === 'a') {
      const h = countOf(element)
      if (h !== undefined) this.#answered(connection, h)
    }
  }

  /**
   * Too much waits for the application: the server has to wait as well. Where it cannot be held back (WebSocket in browsers) the connection is
   * given up: what was not acknowledged comes again when the session goes on.
   */
  #stanza(connection: Connection, element: Element): void {
    if (this.#handled.repeats(element)) return
    this.#handled.receive(element, this.#parts.stanza(element))
    const maxUnhandled = this.#parts.maxUnhandled()
    if (this.#handled.bytes > maxUnhandled) connection.pause()
    if (this.#handled.bytes > 2 * maxUnhandled)
      connection.destroy(new DisconnectedError('More came than is dealt with.'))
  }

  /** Calls `run`, at once or later, when the application has dealt with enough to take more. */
  drained(run: () => void): undefined {
    this.#drained = run
    if (this.#handled.bytes <= this.#parts.maxUnhandled()) run()
  }

  /** Before an orderly end: what was dealt with and is not acknowledged would be given to another session. [XEP-0198 4] */
  settle(): undefined | Promise<undefined> {
    this.breaks = -1 // the end that comes is ours
    return this.#handled.count === this.#told ? undefined : this.#acknowledge()
  }

  /** Told at once when all that came is done, else at the end of this turn: a loop does in one what a read has brought. */
  #advanced(): void {
    if (this.#handled.count === this.#handled.received) this.#acknowledgeMore()
    else this.#stopTelling ??= this.#parts.clock.after(0, () => this.#acknowledgeMore())
    if (this.#handled.bytes > this.#parts.maxUnhandled()) return
    this.#connection?.resume()
    this.#drained()
  }

  #acknowledgeMore(): void {
    this.#stopTelling?.()
    this.#stopTelling = undefined
    if (this.#owes && this.#handled.count !== this.#told) this.#acknowledge()
  }

  /** What is kept of the count comes first: the server forgets what it hears of. One after the other: counts never go back. */
  #acknowledge(): undefined | Promise<undefined> {
    const connection = this.#connection
    if (!connection || !this.management) return undefined
    if (this.#keeping !== undefined) return (this.#next ??= this.#keeping.then(() => this.#acknowledge()))
    const count = this.#handled.count
    this.#owes = count < this.#handled.received
    const tell = (): undefined => {
      this.#keeping = undefined
      this.#next = undefined
      if (connection !== this.#connection) return
      this.#told = count
      connection.send(el('a', MANAGEMENT_NS, { h: String(onWire(count)) }))
    }
    const keeping = count === this.#told ? undefined : this.#parts.handled(count)
    return keeping instanceof Promise ? (this.#keeping = keeping.then(tell)) : tell()
  }

  #answered(connection: Connection, h: number): void {
    const taken = this.#unacked.acknowledge(h)
    if (taken === undefined) {
      // an old one, once more; or [XEP-0198 6] nothing that this server says about the session can be believed
      if (this.#unacked.placeOf(h) === 'beyond') connection.destroy(broken(MANAGEMENT_NS))
      return
    }
    this.#tell(taken)
    const isAll = this.#asked === this.#unacked.acknowledged
    this.#asked = undefined
    this.#ask(taken.length === 0 && !isAll)
  }

  #tell(taken: readonly Sent[]): void {
    for (const { wire, entry } of taken) {
      if (!entry) this.#answers -= wire.length
      this.breaks = 0
    }
    this.#parts.acknowledged(taken.flatMap(({ entry }) => entry ?? []))
  }

  /** At the end of this turn, one request for all that is sent in it. A server that says the same again needs time. */
  #ask(isLate = false): void {
    if (this.#asks || this.#asked !== undefined) return
    this.#asks = true
    const ask = (): void => {
      this.#asks = false
      if (this.#connection && !this.isIdle) this.#request(this.#connection)
    }
    if (isLate) this.#stopAsking = this.#parts.clock.after(1_000, ask)
    else queueMicrotask(ask)
  }

  #request(connection: Connection): void {
    if (this.#asked !== undefined) return
    const asked = this.#unacked.sent
    this.#asked = asked
    if (this.management) return connection.send(el('r', MANAGEMENT_NS))
    const answered = (error?: unknown): void => {
      if (connection !== this.#connection) return
      // whatever it says: what was sent before it has arrived
      if (error === undefined || error instanceof RequestError) this.#answered(connection, onWire(asked))
      else this.#asked = undefined
    }
    this.#parts.ping().then(() => answered(), answered)
  }
}
