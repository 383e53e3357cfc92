/**
 * Stream management of one session (XEP-0198 1.6.3): its link to the client, which remembers what the client has not
 * acknowledged, over broken connections and, where it is stored, over a restart. Who may resume is decided in resumptions.ts.
 */
import { type Maybe, then } from '@rookery/protocol'
import type { Message } from '@rookery/protocol/stanza'
import { onWire, StreamError, Unacknowledged } from '@rookery/protocol/stream'
import { acknowledgement, handledTooHigh } from '@rookery/protocol/xeps/management'
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
  #remoteAddress = ''
  #isSecure = true
  readonly #parts: ManagementParts
  #line: Line | undefined
  /** Where the client comes back: nothing is written there before it has been told that it may. */
  #coming: Line | undefined
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
  /** What a session of an earlier process had been given. */
  #restored: string[] | undefined

  /** `line` is undefined for a session of an earlier process, which has `handled` and `acknowledged` so many stanzas. */
  constructor(parts: ManagementParts, line: Line | undefined, before?: { handled: number; acknowledged: number }) {
    this.#parts = parts
    if (line !== undefined) this.#connect(line)
    this.#received = before?.handled ?? 0
    this.#confirmed = this.#received
    this.#sent = new Unacknowledged(before?.acknowledged)
  }

  get keeper(): Keeper | undefined {
    return this.#parts.keeper
  }

  /** Of the connection, or of the last there was. */
  get remoteAddress(): string {
    return this.#remoteAddress
  }

  get isSecure(): boolean {
    return this.#isSecure
  }

  get isDetached(): boolean {
    return this.#line === undefined && this.#coming === undefined
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
      at: delivery?.at ?? this.#parts.clock.now(),
      delivery,
      isAsked,
      isStored: false,
    }
    this.#push(sent)
    if (line === undefined) {
      const stored = this.#store(sent)
      if (this.isOver) this.close(tooMuch)
      return stored
    }
    line.write(wire)
    // what the recipient's archive has need not be stored for the session as well
    const stored = delivery === undefined || delivery.isKept ? undefined : this.#store(sent)
    if (this.isOver) line.close(tooMuch)
    else if (this.#askedSince === undefined && (this.#sent.size >= unurgent || !wire.startsWith('<presence')))
      this.#ask(line)
    return stored
  }

  #push(sent: Sent): void {
    sent.delivery?.hold()
    this.#sent.push(sent)
    if (sent.isAsked) this.#askedBytes += sent.wire.length
    else this.#bytes += sent.wire.length
  }

  /** Whether more waits for an acknowledgement than may. While nobody is there, what was asked for comes on top of nothing. [S77, S78] */
  get isOver(): boolean {
    const { stanzas, bytes } = this.#parts.limits()
    if (this.#sent.size > stanzas) return true
    return this.isDetached
      ? this.#bytes + this.#askedBytes > bytes
      : this.#bytes > bytes || this.#askedBytes > mostAsked
  }

  /** For another process, or for a client that is away. */
  #store(sent: Sent): Maybe<undefined> {
    const keeper = this.keeper
    if (keeper === undefined) return undefined
    sent.isStored = true
    return keeper.enqueue([sent]).catch((error) => {
      keeper.failed(error)
      sent.isStored = false
      return this.#notStored(sent)
    })
  }

  /** A client that is there may say that it has it: until then its sender has no acknowledgement. Of one that is away nothing can be promised. [S137] */
  #notStored({ seq }: Sent): Maybe<undefined> {
    if (this.#isEnded || seq <= this.#sent.acknowledged) return undefined
    if (!this.isDetached) return new Promise((resolve) => this.#await(seq, () => resolve(undefined)))
    this.#parts.end()
    return undefined
  }

  #ask(line: Line): void {
    this.#askedSince = this.#parts.clock.monotonic()
    line.askForAcknowledgement()
  }

  flushed(done: (sent: boolean) => void): void {
    if (this.#isEnded) return done(false)
    if (this.#sent.size === 0) return done(true)
    this.#await(this.#sent.sent, done)
  }

  #await(seq: number, done: (sent: boolean) => void): void {
    const after = this.#waiters.findLastIndex((other) => other.seq <= seq)
    this.#waiters.splice(after + 1, 0, { seq, done })
  }

  close(error?: StreamError): void {
    const line = this.#line ?? this.#coming
    if (line !== undefined) line.close(error)
    else this.#parts.end()
  }

  // ---- from the client ----

  /** `<a/>`; an error when it acknowledges what was not sent. [XEP-0198 6, S75] */
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
    wait.then(() => {
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
    const line = this.#line
    const tell = (): undefined => {
      this.#confirmed = Math.max(this.#confirmed, received)
      if (line === undefined || line !== this.#line) return undefined // those who asked are gone
      this.#requests -= requests
      for (let i = 0; i < requests; i++) line.send(acknowledgement.build({ h: onWire(received) }))
      return undefined
    }
    const keeper = this.keeper
    return then(this.#parts.lane.done(), () =>
      // a count that was told must be known after a crash, so it is stored before
      keeper === undefined || received === this.#confirmed
        ? tell()
        : keeper.setHandled(received).then(tell, (error) => {
            if (line === this.#line) this.#requests -= requests
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
    this.#coming = undefined
    this.#askedSince = undefined
    this.#requests = 0
  }

  #connect(line: Line): void {
    this.#line = line
    this.#coming = undefined
    this.#remoteAddress = line.remoteAddress
    this.#isSecure = line.isSecure
  }

  /** What the client has not acknowledged is stored: who waited for it need not any more. Rejects when it could not be. */
  async settle(): Promise<void> {
    const left = this.#sent.rest().filter((sent) => !sent.isStored)
    for (const sent of left) sent.isStored = true
    const last = this.#sent.sent
    try {
      if (left.length > 0) await this.keeper?.enqueue(left)
    } catch (error) {
      for (const sent of left) sent.isStored = false
      throw error
    }
    while (this.#waiters[0] !== undefined && this.#waiters[0].seq <= last) this.#waiters.shift()!.done(true)
  }

  /** The client came back, and has `h`. What it has not is sent by `resend`, when the client has been told. [XEP-0198 5] */
  attach(line: Line, h: number): StreamError | undefined {
    const error = this.take(h)
    if (error === undefined) this.#coming = line
    return error
  }

  /** Ends the connection that the session still has, which lost it without noticing. */
  supersede(): void {
    const line = this.#line ?? this.#coming
    line?.supersede(new StreamError('conflict', 'the session was resumed on another connection'))
    this.detach()
  }

  resend(): void {
    const line = this.#coming
    if (line === undefined) return
    this.#connect(line)
    const left = this.#sent.rest()
    for (const sent of left) line.write(sent.wire)
    if (left.length > 0) this.#ask(line)
  }

  /** What an earlier process had sent. */
  restore(sent: readonly Sent[]): void {
    for (const one of sent) this.#push(one)
    this.#restored = sent.map(({ wire }) => wire)
  }

  /** Whether an earlier process may have died before it gave the session what has this id in the archive. Once said, it is given. */
  mayLack(id: string): boolean {
    if (this.#restored === undefined || this.#restored.some((wire) => wire.includes(id))) return false
    this.#restored.push(id)
    return true
  }

  /** Nothing reaches the client any more: what it has not acknowledged, for others to take care of. */
  end(): readonly Sent[] {
    this.#isEnded = true
    this.detach()
    const left = this.#sent.rest()
    this.#sent = new Unacknowledged(this.#sent.sent)
    return left
  }

  /** That has been taken care of: nobody waits for the client any more. */
  finish(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const { done } of waiters) done(false)
  }
}

/** [S77] */
const tooMuch = new StreamError('policy-violation', 'too much was sent that is not acknowledged')
