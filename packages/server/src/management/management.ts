/**
 * Stream management of one session (XEP-0198 1.6.3): its link to the client, which remembers what the client has not
 * acknowledged, over broken connections and, where it is stored, over a restart. Who may resume is decided in resumptions.ts.
 */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { onWire, StreamError, Unacknowledged } from '@rookery/protocol/stream'
import { handledTooHigh } from '@rookery/protocol/xeps/management'
import type { Delivery } from '../delivery.ts'
import type { Lane } from '../lane.ts'
import type { ClockPower } from '../powers.ts'
import type { Held, SessionLink } from '../session.ts'
import { delayed, isDelayed, readStanza } from '../stored-stanza.ts'
import { Handled } from './handled.ts'
import type { Keeper } from './keeper.ts'
import { heldFrom, type Line, type Sent } from './line.ts'

/** What an acknowledgement was about. */
interface Taken {
  readonly count: number
  /** The last that was stored */
  readonly stored: number
  /** Those that leave the spool */
  readonly ids: readonly number[]
  /** A message of the archive was among them. */
  readonly isArchived: boolean
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
  readonly host: Jid
  readonly lane: Lane
  /** None where the session cannot be resumed. */
  readonly keeper: Keeper | undefined
  readonly clock: ClockPower
  limits(): ManagementLimits
  /** Up to which id of the archive clients of the account have got what is for them. */
  reached(): number
  /** Of a session that cannot be resumed: its client has these of the spool. */
  removed(ids: readonly number[]): void
  /** The session can go on no more: nobody is connected and too much waits. */
  end(): void
}

export class Management implements SessionLink {
  readonly handled: Handled
  #remoteAddress = ''
  #isSecure = true
  readonly #parts: ManagementParts
  #line: Line | undefined
  /** Where the client comes back: nothing is written there before it has been told that it may. */
  #coming: Line | undefined
  #sent: Unacknowledged<Sent>
  #bytes = 0
  #askedBytes = 0
  /** Since when an answer to ours is due, in monotonic milliseconds. */
  #askedSince: number | undefined
  #waiters: { readonly seq: number; readonly done: (sent: boolean) => void }[] = []
  #isEnded = false
  /** How many of those that wait are stored. */
  #held = 0
  #restoredThrough: number | undefined

  /** `line` is undefined for a session of an earlier process, which has `handled` and `acknowledged` so many stanzas. */
  constructor(parts: ManagementParts, line: Line | undefined, before?: { handled: number; acknowledged: number }) {
    this.#parts = parts
    this.handled = new Handled(parts, before?.handled ?? 0)
    if (line !== undefined) this.#connect(line)
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

  get acknowledged(): number {
    return this.#sent.acknowledged
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
      return delivery?.place === 'spool' ? undefined : stored // there it is safe already
    }
    line.write(wire)
    if (this.isOver) line.close(tooMuch)
    else if (this.#askedSince === undefined && (this.#sent.size >= unurgent || !wire.startsWith('<presence')))
      this.#ask(line)
    return undefined
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

  /** For a client that is away, also after a restart. What cannot be stored ends the session: the client would miss it. [S137] */
  #store(sent: Sent): Maybe<undefined> {
    const keeper = this.keeper
    if (keeper === undefined) return undefined
    sent.isStored = true
    return keeper.enqueue([sent]).catch((error) => {
      keeper.failed(error)
      sent.isStored = false
      if (!this.#isEnded && this.isDetached) this.#parts.end()
      return undefined
    })
  }

  #ask(line: Line): void {
    this.#askedSince = this.#parts.clock.monotonic()
    line.askForAcknowledgement()
  }

  flushed(done: (sent: boolean) => void): void {
    if (this.#isEnded) return done(false)
    if (this.#sent.size === 0) return done(true)
    this.#await(this.#sent.sent, done)
    if (this.#line !== undefined && this.#askedSince === undefined) this.#ask(this.#line) // presence alone does not
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
    const taken = this.#take(h)
    if (taken instanceof StreamError) return taken
    const { keeper } = this
    if (keeper !== undefined && (taken.stored > 0 || taken.ids.length > 0)) keeper.acknowledge(taken.stored, taken.ids)
    else if (taken.ids.length > 0) this.#parts.removed(taken.ids)
    if (taken.isArchived) keeper?.reached(this.#parts.reached())
    if (this.#sent.size > 0 && taken.count > 0 && this.#line !== undefined) this.#ask(this.#line)
    return undefined
  }

  #take(h: number): Taken | StreamError {
    const taken = this.#sent.acknowledge(h)
    if (taken === undefined) return this.#wrong(h)
    this.#askedSince = undefined
    let stored = 0
    let isArchived = false
    const ids: number[] = []
    for (const sent of taken) {
      if (sent.delivery?.taken() === true) ids.push(sent.delivery.id)
      if (sent.delivery?.isKept === true) isArchived = true
      if (sent.isAsked) this.#askedBytes -= sent.wire.length
      else this.#bytes -= sent.wire.length
      if (sent.isStored) stored = sent.seq
    }
    const { acknowledged } = this.#sent
    while (this.#waiters[0] !== undefined && this.#waiters[0].seq <= acknowledged) this.#waiters.shift()!.done(true)
    return { count: taken.length, stored, ids, isArchived }
  }

  #wrong(h: number): StreamError {
    const text = 'more was acknowledged than was sent'
    return new StreamError('undefined-condition', text, handledTooHigh(h, onWire(this.#sent.sent)))
  }

  /** Why nobody can come back who has `h`: `gone` is what came behind that, another has acknowledged it. [XEP-0198 5, 6, S75] */
  keepsOut(h: number): 'gone' | StreamError | undefined {
    switch (this.#sent.placeOf(h)) {
      case 'before':
        return 'gone'
      case 'beyond':
        return this.#wrong(h)
      case 'within':
        return undefined
    }
  }

  /** Called every second while connected: true when the client does not acknowledge any more. [S84] */
  isSilent(now: number): boolean {
    const { seconds } = this.#parts.limits()
    return seconds > 0 && this.#askedSince !== undefined && now - this.#askedSince > seconds * 1000
  }

  /** The first message of the archive that no client of the account has said to have. */
  get firstUnreached(): Delivery | undefined {
    return this.#sent.rest().find(({ delivery }) => delivery?.isUnreached === true)?.delivery
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
    this.handled.disconnect()
  }

  #connect(line: Line): void {
    this.#line = line
    this.handled.connect(line)
    this.#coming = undefined
    this.#remoteAddress = line.remoteAddress
    this.#isSecure = line.isSecure
  }

  /** What the client has not acknowledged, and what waits behind it, is stored: who waited for it need not any more. Rejects when it could not be. */
  async settle(held: readonly Held[]): Promise<void> {
    const left = this.#sent.rest().filter((sent) => !sent.isStored)
    for (const sent of left) sent.isStored = true
    const last = this.#sent.sent
    const waiting = held.filter((one) => !one.isStored).map((one) => this.#heldAsSent(one))
    try {
      if (left.length + waiting.length > 0) await this.keeper?.enqueue([...left, ...waiting])
    } catch (error) {
      for (const sent of left) sent.isStored = false
      throw error
    }
    while (this.#waiters[0] !== undefined && this.#waiters[0].seq <= last) this.#waiters.shift()!.done(true)
  }

  /** While the client is away. */
  storeHeld(held: Held): Maybe<undefined> {
    return this.#store(this.#heldAsSent(held))
  }

  #heldAsSent(held: Held): Sent {
    const { delivery, wire } = held
    held.isStored = true
    return { seq: heldFrom + this.#held++, wire, at: delivery.at, delivery, isAsked: false, isStored: true }
  }

  /** The client is there, and is told what was received: what waits in the session need not be stored. */
  attached(held: readonly Held[]): void {
    this.handled.told()
    for (const one of held) one.isStored = false
    if (this.#held > 0) this.keeper?.removeFrom(heldFrom)
    this.#held = 0
  }

  /**
   * The client came back, and has `h`: what leaves the spool with that. What it has not is sent by `resend`, when the client has been told.
   * [XEP-0198 5]
   */
  attach(line: Line, h: number): readonly number[] | StreamError {
    const taken = this.#take(h)
    if (taken instanceof StreamError) return taken
    this.#coming = line
    return taken.ids
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
    for (const sent of left) line.write(this.#again(sent))
    if (left.length > 0) this.#ask(line)
  }

  /** Messages come late now: their readers want to know when they came. [XEP-0198 4, XEP-0203 3] */
  #again({ wire, at, isAsked }: Sent): string {
    const { host } = this.#parts
    const stanza = isAsked || !wire.startsWith('<message') ? undefined : readStanza(wire)
    return stanza === undefined || isDelayed(stanza, host) ? wire : delayed(wire, at, host)
  }

  /** What an earlier process had sent. `through`: the last message it had gone on with when the client went. */
  restore(sent: readonly Sent[], held: readonly Held[], through: number): void {
    for (const one of sent) this.#push(one)
    this.#held = held.length
    this.#restoredThrough = Math.max(through, ...[...sent, ...held].map(({ delivery }) => delivery?.id ?? 0))
  }

  /** The client is coming back on this line. */
  isComing(line: Line): boolean {
    return this.#coming === line && !this.#isEnded
  }

  /**
   * Of a session of an earlier process: the last message that it has. They came to it in the order of their ids, so it may lack only later ones.
   */
  get restoredThrough(): number | undefined {
    return this.#restoredThrough
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
