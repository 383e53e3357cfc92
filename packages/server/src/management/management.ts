/**
 * Stream management of one session (XEP-0198 1.6.3): its link to the client, which remembers what the client has not
 * acknowledged, over broken connections and, where it is stored, over a restart. Who may resume is decided in resumptions.ts.
 */
import { type Maybe, then } from '@rookery/protocol'
import type { Message } from '@rookery/protocol/stanza'
import { onWire, StreamError, Unacknowledged } from '@rookery/protocol/stream'
import { acknowledgement, handledTooHigh, MANAGEMENT_NS } from '@rookery/protocol/xeps/management'
import type { Element } from '@rookery/protocol/xml'
import type { Delivery } from '../delivery.ts'
import type { Lane } from '../lane.ts'
import type { ClockPower } from '../powers.ts'
import type { SessionLink } from '../session.ts'
import type { Keeper } from './keeper.ts'

/** A connection as stream management needs it. */
export interface Line extends SessionLink {
  /** What is written now answers a request of the client. */
  readonly isAnswering: boolean
  /** Sends an element that is no stanza, so is not counted. */
  send(element: Element): void
  /** Asks for an acknowledgement, behind whatever else is written in this turn. */
  askForAcknowledgement(): void
  /** The session goes on elsewhere: ends with an error, without the session. */
  supersede(error: StreamError): void
}

/** What was sent, and not acknowledged. */
export interface Sent {
  /** Its place among all stanzas to the session, the first is 1. */
  readonly seq: number
  readonly wire: string
  /** When it was sent, in milliseconds since the epoch. */
  readonly at: number
  /** The message it is, if it was delivered by the corridor. */
  readonly delivery: Delivery | undefined
  /** An answer that the client asked for. */
  readonly isAsked: boolean
  isStored: boolean
}

export interface ManagementLimits {
  /** Stanzas that a client may leave unacknowledged. */
  readonly stanzas: number
  /** Bytes of these. */
  readonly bytes: number
  /** Seconds it may take to answer a request for an acknowledgement. */
  readonly seconds: number
}

/** Answers to the client's own requests (an archive's page) come on top of the bound, up to here. */
const mostAsked = 16_777_216

/** Whether the client has to say that it got it: presence alone can wait for company. */
const unurgent = 10

export interface ManagementParts {
  readonly lane: Lane
  /** None where the session cannot be resumed. */
  readonly keeper: Keeper | undefined
  readonly clock: ClockPower
  limits(): ManagementLimits
  /** The session can go on no more: nobody is connected and too much waits. */
  end(): void
}

export class Management implements SessionLink {
  readonly remoteAddress: string
  readonly isSecure: boolean
  readonly #parts: ManagementParts
  #line: Line | undefined
  #sent: Unacknowledged<Sent>
  #bytes = 0
  #askedBytes = 0
  /** Stanzas of the client so far, and how many of them were told to be safe. */
  #received: number
  #confirmed: number
  /** Requests of the client that wait for their answer. */
  #requests = 0
  #isConfirming = false
  /** Since when an answer to ours is due, in monotonic milliseconds. */
  #askedSince: number | undefined
  #waiters: { readonly seq: number; readonly done: (sent: boolean) => void }[] = []
  #isEnded = false

  /** `line` is undefined for a session of an earlier process, which has `handled` and `acknowledged` so many stanzas. */
  constructor(parts: ManagementParts, line: Line | undefined, before?: { handled: number; acknowledged: number }) {
    this.#parts = parts
    this.#line = line
    this.remoteAddress = line?.remoteAddress ?? ''
    this.isSecure = line?.isSecure ?? true
    this.#received = before?.handled ?? 0
    this.#confirmed = this.#received
    this.#sent = new Unacknowledged(before?.acknowledged)
  }

  get keeper(): Keeper | undefined {
    return this.#parts.keeper
  }

  get isDetached(): boolean {
    return this.#line === undefined
  }

  /** Stanzas of the client that were received. */
  get received(): number {
    return this.#received
  }

  get acknowledged(): number {
    return this.#sent.acknowledged
  }

  /** A stanza came from the client. */
  count(): void {
    this.#received++
  }

  // ---- to the client ----

  write(wire: string, delivery?: Delivery): Maybe<undefined> {
    if (this.#isEnded) return undefined
    const line = this.#line
    const isAsked = line?.isAnswering === true
    const sent: Sent = {
      seq: this.#sent.sent + 1,
      wire,
      at: this.#parts.clock.now(),
      delivery,
      isAsked,
      isStored: false,
    }
    this.#push(sent)
    if (line === undefined) {
      const stored = this.#storeForLater(sent)
      if (this.#isOver) this.#parts.end()
      return stored
    }
    line.write(wire)
    if (this.#isOver) {
      line.close(new StreamError('policy-violation', 'too much was sent that is not acknowledged')) // [S77]
      return undefined
    }
    if (this.#askedSince === undefined && (this.#sent.size >= unurgent || !wire.startsWith('<presence')))
      this.#ask(line)
    // what the recipient's archive has need not be stored for the session as well
    return delivery === undefined || delivery.isKept ? undefined : this.#storeBeside(sent)
  }

  #push(sent: Sent): void {
    sent.delivery?.hold()
    this.#sent.push(sent)
    if (sent.isAsked) this.#askedBytes += sent.wire.length
    else this.#bytes += sent.wire.length
  }

  get #isOver(): boolean {
    const { stanzas, bytes } = this.#parts.limits()
    return this.#sent.size > stanzas || this.#bytes > bytes || this.#askedBytes > mostAsked
  }

  /** Nobody is connected. What cannot be stored is refused, and with it the promise that the session can be resumed. */
  #storeForLater(sent: Sent): Maybe<undefined> {
    const keeper = this.keeper
    if (keeper === undefined) return undefined
    sent.isStored = true
    return keeper.enqueue([sent]).catch((error) => {
      keeper.failed(error)
      sent.delivery?.taken() // its sender is told
      this.#parts.end()
      if (sent.delivery !== undefined) throw error
      return undefined
    })
  }

  /** The client has been sent it. If it cannot be stored its sender gets no acknowledgement either, because counts are stored, too. */
  #storeBeside(sent: Sent): Maybe<undefined> {
    const keeper = this.keeper
    if (keeper === undefined) return undefined
    sent.isStored = true
    return keeper.enqueue([sent]).catch((error) => keeper.failed(error))
  }

  #ask(line: Line): void {
    this.#askedSince = this.#parts.clock.monotonic()
    line.askForAcknowledgement()
  }

  flushed(done: (sent: boolean) => void): void {
    if (this.#isEnded) return done(false)
    if (this.#sent.size === 0) return done(true)
    this.#waiters.push({ seq: this.#sent.sent, done })
  }

  close(error?: StreamError): void {
    if (this.#line !== undefined) this.#line.close(error)
    else this.#parts.end()
  }

  // ---- from the client ----

  /** `<a/>`; an error when it acknowledges what was not sent. [XEP-0198 4, S75] */
  take(h: number): StreamError | undefined {
    const taken = this.#sent.acknowledge(h)
    if (taken === undefined) {
      const text = 'more was acknowledged than was sent'
      return new StreamError('undefined-condition', text, handledTooHigh(h, onWire(this.#sent.sent)))
    }
    this.#askedSince = undefined
    let stored = 0
    for (const sent of taken) {
      sent.delivery?.taken()
      if (sent.isAsked) this.#askedBytes -= sent.wire.length
      else this.#bytes -= sent.wire.length
      if (sent.isStored) stored = sent.seq
    }
    if (stored > 0) this.keeper?.acknowledge(stored)
    const { acknowledged } = this.#sent
    while (this.#waiters[0] !== undefined && this.#waiters[0].seq <= acknowledged) this.#waiters.shift()!.done(true)
    if (this.#sent.size > 0 && taken.length > 0 && this.#line !== undefined) this.#ask(this.#line)
    return undefined
  }

  /** `<r/>`: answered when everything received so far is safe. [XEP-0198 4] */
  answer(): void {
    this.#requests++
    if (this.#isConfirming) return
    const wait = this.#confirm()
    if (wait === undefined) return
    this.#isConfirming = true
    wait.finally(() => {
      this.#isConfirming = false
      if (this.#requests > 0 && !this.#isEnded && !this.isDetached) {
        this.#requests--
        this.answer()
      }
    })
  }

  /** One count for all requests that have come until then. */
  #confirm(): Maybe<undefined> {
    const received = this.#received
    const requests = this.#requests
    const tell = (): undefined => {
      const line = this.#line
      this.#requests -= requests
      this.#confirmed = Math.max(this.#confirmed, received)
      for (let i = 0; i < requests; i++) line?.send(acknowledgement.build({ h: onWire(received) }))
      return undefined
    }
    const keeper = this.keeper
    return then(this.#parts.lane.done(), () =>
      // a count that was told must be known after a crash, so it is stored before
      keeper === undefined || received === this.#confirmed
        ? tell()
        : keeper.setHandled(received).then(tell, (error) => {
            this.#requests -= requests
            return keeper.failed(error)
          }),
    )
  }

  /** Called every second while connected: true when the client does not acknowledge any more. [S84] */
  isSilent(now: number): boolean {
    const { seconds } = this.#parts.limits()
    return seconds > 0 && this.#askedSince !== undefined && now - this.#askedSince > seconds * 1000
  }

  /** Messages that the client has not said to have, oldest first. */
  unacknowledged(): readonly Message[] {
    return this.#sent.rest().flatMap(({ delivery }) => delivery?.message ?? [])
  }

  // ---- connections come and go ----

  /** The connection is gone. What is sent from now on is stored as well as what is left. */
  detach(): void {
    this.#line = undefined
    this.#askedSince = undefined
  }

  /** What the client has not acknowledged is stored: who waited for it need not any more. Rejects when it could not be. */
  async settle(): Promise<void> {
    const left = this.#sent.rest().filter((sent) => !sent.isStored)
    for (const sent of left) sent.isStored = true
    const last = this.#sent.sent
    if (left.length > 0) await this.keeper?.enqueue(left)
    while (this.#waiters[0] !== undefined && this.#waiters[0].seq <= last) this.#waiters.shift()!.done(true)
  }

  /** The client came back, and has `h`. What it has not is sent by `resend`. [XEP-0198 5] */
  attach(line: Line, h: number): StreamError | undefined {
    const error = this.take(h)
    if (error === undefined) this.#line = line
    return error
  }

  /** Ends the connection that the session still has, which lost it without noticing. */
  supersede(): void {
    this.#line?.supersede(new StreamError('conflict', 'the session was resumed on another connection'))
    this.detach()
  }

  resend(): void {
    const line = this.#line
    if (line === undefined) return
    const left = this.#sent.rest()
    for (const sent of left) line.write(sent.wire)
    if (left.length > 0) this.#ask(line)
  }

  /** What an earlier process had sent. */
  restore(sent: readonly Sent[]): void {
    for (const one of sent) this.#push(one)
  }

  /** Nothing reaches the client any more: what it has not acknowledged, for others to take care of. */
  end(): readonly Sent[] {
    this.#isEnded = true
    this.#line = undefined
    const waiters = this.#waiters
    this.#waiters = []
    for (const { done } of waiters) done(false)
    const left = this.#sent.rest()
    this.#sent = new Unacknowledged(this.#sent.sent)
    return left
  }
}

/** Asks the client what it has. [XEP-0198 4] */
export const request = `<r xmlns='${MANAGEMENT_NS}'/>`
