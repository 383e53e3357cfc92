/** A session: an authenticated stream with a bound resource. What it is, not what is done with it. */
import type { Jid } from '@rookery/protocol/jid'
import type { Message, Presence, Stanza } from '@rookery/protocol/stanza'
import { StreamError } from '@rookery/protocol/stream'
import type { Lane } from './lane.ts'
import { type Slot, SlotValues } from './slot.ts'

/** The connection as a session needs it: the last step of the walk (outbound.ts). */
export interface SessionLink {
  readonly remoteAddress: string
  readonly isSecure: boolean
  /** Queues encoded bytes; they are written once in this turn of the event loop. */
  write(wire: string): void
  /** Calls back once everything queued so far has been handed to the system; false when the connection ended before. */
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

export class Session {
  /** Full JID. */
  readonly jid: Jid
  readonly account: Jid
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly link: SessionLink
  readonly lane: Lane
  /** The last presence broadcast, while the resource is available. [RFC6121 4.2.2] */
  #presence: Presence | undefined
  #priority = 0
  #held: Message[] | undefined
  #heldBytes = 0
  readonly #heldBound: number
  #isEnded = false
  #holdback: Holdback | undefined
  readonly #slots = new SlotValues()

  constructor(jid: Jid, link: SessionLink, lane: Lane, since: number, heldBound: number) {
    this.jid = jid
    this.account = jid.bare
    this.link = link
    this.lane = lane
    this.since = since
    this.#heldBound = heldBound
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

  /** Delivers a message, behind those that wait for older ones to go first. */
  sendMessage(message: Message, wire: string): void {
    if (this.#held === undefined) return this.#write(wire, message)
    this.#held.push(message)
    this.#heldBytes += wire.length
    if (this.#heldBytes > this.#heldBound)
      this.link.close(new StreamError('policy-violation', 'too many messages wait'))
  }

  /** Until `release`, messages delivered wait: older ones go first (offline storage). Bounded in bytes. */
  hold(): void {
    this.#held ??= []
  }

  release(): void {
    for (const message of this.takeHeld()) this.send(message)
  }

  /** The messages that wait, which the session lets go of. */
  takeHeld(): readonly Message[] {
    const held = this.#held ?? []
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

  #write(wire: string, stanza: Stanza | undefined): void {
    if (this.#holdback?.take(wire, stanza) !== true) this.link.write(wire)
  }

  /** Said by the connection; from now on nothing reaches the client. */
  markEnded(): void {
    this.#isEnded = true
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
