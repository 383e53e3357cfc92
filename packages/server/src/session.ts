/** A session: an authenticated stream with a bound resource. What it is, not what is done with it. */

import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { Message, Presence, Stanza } from '@rookery/protocol/stanza'
import { StreamError } from '@rookery/protocol/stream'
import { Delivery } from './delivery.ts'
import type { Lane } from './lane.ts'
import type { Management } from './management/management.ts'
import { type Slot, SlotValues } from './slot.ts'

/** The connection as a session needs it: the last step of the walk (outbound.ts). */
export interface SessionLink {
  readonly remoteAddress: string
  readonly isSecure: boolean
  /**
   * Queues an encoded stanza; it is written once in this turn of the event loop. A promise while it is being stored, because the client might
   * miss it; rejects when it could not be. `delivery`: the message that it is.
   */
  write(wire: string, delivery?: Delivery): Maybe<undefined>
  /**
   * Calls back once somebody else answers for everything queued so far: the client that acknowledges it or, where it cannot, the system that
   * took it. False when the session ended before.
   */
  flushed(done: (sent: boolean) => void): void
  close(error?: StreamError): void
}

/** Keeps some of what is sent to a session for later, while its client says that it is not looked at. */
export interface Holdback {
  /** True when it was taken: `flush` sends it later. What is not taken goes now, so it may have to flush first. `stanza` where it is at hand. */
  take(wire: string, stanza: Stanza | undefined): boolean
  /** Sends all that was taken, with `Session.sendHeldBack`. */
  flush(): void
}

/** What waits in a session for those that go first. */
export interface Held {
  readonly delivery: Delivery
  readonly wire: string
  /** With the session, which can be resumed */
  isStored: boolean
}

const nothing: readonly Held[] = []

export class Session {
  /** Full JID. */
  readonly jid: Jid
  readonly account: Jid
  /** Milliseconds since the epoch. */
  readonly since: number
  /** Client software that does not change its name from login to login (XEP-0386): a newer session of it replaces this one. */
  readonly agent: string | undefined
  #link: SessionLink
  #management: Management | undefined
  readonly lane: Lane
  /** The last presence broadcast, while the resource is available. [RFC6121 4.2.2] */
  #presence: Presence | undefined
  #priority = 0
  #held: Held[] | undefined
  #heldBytes = 0
  readonly #heldBound: number
  #isEnded = false
  /** Of a stanza that holds its stream. */
  #attended: Promise<undefined> | undefined
  #holdback: Holdback | undefined
  readonly #slots = new SlotValues()

  constructor(jid: Jid, link: SessionLink, lane: Lane, since: number, heldBound: number, agent?: string) {
    this.jid = jid
    this.account = jid.bare
    this.agent = agent
    this.#link = link
    this.lane = lane
    this.since = since
    this.#heldBound = heldBound
  }

  get link(): SessionLink {
    return this.#link
  }

  /** Stream management, once the client has turned it on. */
  get management(): Management | undefined {
    return this.#management
  }

  /** From now on what is sent goes through it. [XEP-0198 3] */
  manage(management: Management): void {
    this.#management = management
    this.#link = management
  }

  /** The connection is gone, and the client may come back. [XEP-0198 5] */
  get isDetached(): boolean {
    return this.#management?.isDetached === true
  }

  /** An available resource; otherwise merely a connected one. [RFC6121 4.1, 8.5] */
  get isAvailable(): boolean {
    return this.#presence !== undefined
  }

  get presence(): Presence | undefined {
    return this.#presence
  }

  /** −128 to 127; only an available resource has one. [RFC6121 4.7.2.3] */
  get priority(): number {
    return this.#priority
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Set by the presence room alone, through its power. */
  setPresence(presence: Presence | undefined, priority: number): void {
    this.#presence = presence
    this.#priority = priority
  }

  /** Delivers a stanza as it stands. */
  send(stanza: Stanza): void {
    this.#write(stanza.wire(), stanza)
  }

  /** Delivers what is encoded already: a fan-out. */
  sendWire(wire: string): void {
    this.#write(wire, undefined)
  }

  /** Delivers a message, behind those that wait for older ones to go first. A promise while it is being stored. */
  sendMessage(delivery: Delivery, wire: string): Maybe<undefined> {
    if (this.#held === undefined) return this.#write(wire, delivery.message, delivery)
    if (delivery.place === 'spool' && !delivery.isGiven) return undefined // it has its place there, behind those that are older
    return this.#wait(delivery, wire)
  }

  /** Delivers one of those for which others wait. */
  sendOlder(delivery: Delivery, wire: string): void {
    this.#write(wire, undefined, delivery)
  }

  /** For those that go first. While the client is away it has to outlive the process. */
  #wait(delivery: Delivery, wire: string): Maybe<undefined> {
    const held = { delivery, wire, isStored: false }
    this.#keepHeld(held)
    const stored = this.isDetached ? this.#management!.storeHeld(held) : undefined
    if (this.#heldBytes > this.#heldBound)
      this.link.close(new StreamError('policy-violation', 'too many messages wait'))
    return stored
  }

  #keepHeld(held: Held): void {
    this.#held ??= []
    held.delivery.hold()
    this.#held.push(held)
    this.#heldBytes += held.wire.length
  }

  /** What waits, oldest first. */
  get held(): readonly Held[] {
    return this.#held ?? nothing
  }

  /** The first message of the archive that was given to the session, and that no client of the account has said to have. */
  get firstUnreached(): Delivery | undefined {
    return this.#management?.firstUnreached ?? this.#held?.find(({ delivery }) => delivery.isUnreached)?.delivery
  }

  /** What waited in a session of an earlier process. */
  restoreHeld(held: readonly Held[]): void {
    for (const one of held) this.#keepHeld(one)
  }

  /**
   * Delivers a copy, in its order among the messages. When the client does not get it, nobody else need have it; `original`: whoever has
   * the copy has that, so it is handed back once.
   */
  sendCopy(copy: Message, at: number, isKept: boolean, original?: Delivery): void {
    const delivery = original ?? new Delivery(copy, at, isKept ? 'archive' : 'nowhere')
    if (original === undefined) delivery.given()
    const wire = copy.wire()
    const stored = this.#held === undefined ? this.#write(wire, copy, delivery) : this.#wait(delivery, wire)
    if (stored instanceof Promise) stored.catch(() => undefined) // has been logged, and the session ends
  }

  /** Until `release`, messages delivered wait: older ones go first (offline storage). Bounded in bytes. */
  hold(): void {
    this.#held ??= []
  }

  release(): void {
    for (const { delivery, wire } of this.#takeHeld()) {
      this.#write(wire, delivery.message, delivery)
      delivery.letGo()
    }
  }

  get isHolding(): boolean {
    return this.#held !== undefined
  }

  /** The messages that wait and that no other session has: this one lets go of them. */
  abandonHeld(): readonly Held[] {
    return this.#takeHeld().filter(({ delivery }) => delivery.letGo())
  }

  #takeHeld(): readonly Held[] {
    const held = this.#held ?? nothing
    this.#held = undefined
    this.#heldBytes = 0
    return held
  }

  get holdback(): Holdback | undefined {
    return this.#holdback
  }

  setHoldback(holdback: Holdback | undefined): void {
    this.#holdback = holdback
  }

  /** Sends what a holdback took. */
  sendHeldBack(wire: string): void {
    this.link.write(wire)
  }

  #write(wire: string, stanza: Stanza | undefined, delivery?: Delivery): Maybe<undefined> {
    // what is in the spool is given for good, or not at all
    const mayWait = delivery?.place === 'spool' ? undefined : stanza
    if (this.#holdback?.take(wire, mayWait) === true) return undefined
    return this.#link.write(wire, delivery)
  }

  /** Said by the connection: a stanza of the client holds its stream until then. */
  attend(dealtWith: Promise<unknown>): void {
    const over = (): undefined => {
      if (this.#attended === attended) this.#attended = undefined
    }
    const attended: Promise<undefined> = dealtWith.then(over, over)
    this.#attended = attended
  }

  /** What the client has sent so far has taken effect, and what is stored of it is durable. */
  settled(): Maybe<undefined> {
    if (this.#attended === undefined && !this.lane.isBusy) return undefined
    return Promise.resolve(this.#attended)
      .then(() => this.lane.idle())
      .then(() => undefined)
  }

  /** Said by the connection; from now on nothing reaches the client. */
  markEnded(): void {
    this.#isEnded = true
  }

  /** For what outlives the process. */
  get slots(): SlotValues {
    return this.#slots
  }

  get<T>(slot: Slot<T>): T {
    return this.#slots.get(slot)
  }

  peek<T>(slot: Slot<T>): T | undefined {
    return this.#slots.peek(slot)
  }

  set<T>(slot: Slot<T>, value: T): void {
    this.#slots.set(slot, value)
  }
}
