/**
 * Messages on their way: kept until the server has acknowledged them, sent in order, and sent again when a session is lost (with the same id
 * and origin-id, XEP-0359, so that they are known as the same).
 */
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { Message, readStanzaError, StanzaError } from '@rookery/protocol/stanza'
import { LIMITS_NS } from '@rookery/protocol/xeps/limits'
import { originId } from '@rookery/protocol/xeps/stanza-id'
import { Element, fromWire, parseElement } from '@rookery/protocol/xml'
import { BoundedMap } from '../contract/bounded-map.ts'
import type { Carrier, CarryingSession } from '../contract/carrier.ts'
import { type ClientError, DisconnectedError, RequestError, StoreError } from '../contract/errors.ts'
import type { Core } from '../contract/extension.ts'
import { guard, guardWork } from '../contract/guard.ts'
import type { Kept } from '../contract/kept.ts'
import type { Change } from '../contract/store.ts'
import { tellUnkept } from '../contract/unkept.ts'
import { SentMessage, type SentParts } from './sent-message.ts'

/** Which of these, that nobody acknowledged, have arrived all the same. */
export type Reconcile = (unsure: readonly SentMessage[]) => Promise<ReadonlySet<SentMessage>>

/** One that the server has not acknowledged. */
interface Entry {
  readonly message: SentMessage
  /** Another one than the message has when it failed and was sent again. */
  readonly id: string
  readonly key: string
  readonly wire: string
  /** Settled when it is on disk. */
  written?: Promise<undefined> | undefined
  /** Its number in the session it was sent in, and which that was. */
  number: number | undefined
  run?: number | undefined
  /** Of before a restart, for a room that nobody has entered since. */
  isHeld: boolean
  /** How many connections have ended while it was the first on its way. */
  breaks: number
}

const prefix = 'out/'
/** The number of what was sent in a session that nobody can go on with: no count of the server is about it. */
const lost = Number.MAX_SAFE_INTEGER
/** Answers (errors, receipts) to the last so many messages find them. */
const remembered = 2_000
/** So many connections have ended at a message: it goes alone from now on; and once more so many, while it did. */
const suspicious = 2
const guilty = 3

export class Outbox implements Carrier {
  readonly reconcilers: Reconcile[] = []
  /** The last messages. */
  readonly byId: BoundedMap<string, SentMessage> = new BoundedMap(remembered)
  readonly #core: Core
  readonly #kept: Kept
  readonly #maxBytes: number
  /** A set: many may wait, and each of them goes by itself. */
  #queue: Set<Entry> = new Set()
  #session: CarryingSession | undefined
  /** The last sessions were ended because of what we sent, it seems: one at a time, so that it is known which it is. */
  #isWary = false
  #next = 0
  #bytes = 0

  constructor(core: Core, kept: Kept, maxBytes: number) {
    this.#core = core
    this.#kept = kept
    this.#maxBytes = maxBytes
    const keys = [...kept.rows.keys()].filter((key) => key.startsWith(prefix))
    for (const key of keys.sort()) this.#restore(key)
  }

  /** What is kept here, or was sent and is not acknowledged; in order. */
  get entries(): readonly Entry[] {
    return [...((this.#session?.unacknowledged ?? []) as readonly Entry[]), ...this.#queue]
  }

  /** What is to be said in this room now waits for it, or not any more; without a room, in all of them: who is not there is refused. */
  hold(isHeld: boolean, room?: Jid): void {
    for (const entry of this.#queue) if (isFor(entry.message, room)) entry.isHeld = isHeld
    this.#pump()
  }

  /** Takes it over: it gets an id, and an origin-id that is the same. */
  post(stanza: Message): SentMessage {
    const message = new SentMessage(this.#named(stanza), this.#core.clock.now(), this.#parts)
    this.#enqueue(message)
    return message
  }

  async open(session: CarryingSession): Promise<undefined> {
    await undefined // who knows what has arrived says so in this turn
    for (const ask of this.#session === session ? [] : this.reconcilers) {
      const unsure = this.#sentBefore.map(({ message }) => message)
      const known = unsure[0] && (await guardWork(this.#core.failed, () => ask(unsure)))
      if (known) this.acknowledged(this.#sentBefore.filter(({ message }) => known.has(message)))
    }
    if (!session.connection) return // it is opened again when it goes on, if it does
    this.#session = session
    this.#pump()
  }

  /**
   * Those not acknowledged are the first to be sent in the next session, but for those of which others have said that they arrived, or that
   * were refused. One at which the server has ended connections goes alone then; if that does not help, it has failed.
   */
  lost(rest: readonly Entry[], session?: Pick<CarryingSession, 'breaks' | 'ended'>): void {
    this.#session = undefined
    const [first] = rest
    if (first !== undefined && session !== undefined) {
      first.breaks += session.breaks
      if (this.#isWary && first.breaks >= guilty) this.#refuse(first, session.ended)
      else if (!this.#isWary && first.breaks >= suspicious) {
        this.#isWary = true
        first.breaks = 0
      }
    }
    const again = rest.filter((entry) => !isSettled(entry))
    this.#queue = new Set([...again, ...this.#queue])
    this.handledBefore(0)
    this.acknowledged(rest.filter(isSettled))
    for (const { message } of again) message.advance('queued')
  }

  /** The session counts anew from there: what is left has no number in it. */
  handledBefore(h: number): void {
    this.acknowledged(this.#sentBefore.filter(({ number }) => number! <= h))
    for (const entry of this.#sentBefore) entry.number = lost
  }

  /** Of those that wait: what was sent in an earlier session, to be sent again in this order unless it has arrived. */
  get #sentBefore(): readonly Entry[] {
    return this.#those(({ number }) => number !== undefined)
  }

  #those(are: (entry: Entry) => boolean): readonly Entry[] {
    return [...this.#queue].filter(are)
  }

  /** The server has these. */
  acknowledged(entries: readonly Entry[]): void {
    for (const entry of entries) this.#queue.delete(entry)
    this.#forget(entries)
    for (const { id, message } of entries) if (id === message.id) message.advance('acked')
    this.#isWary &&= this.entries.some(({ isHeld }) => !isHeld)
    this.#pump()
  }

  /** An error came for one of ours: true when it was. [RFC6120 8.3.1] */
  refused(error: Message): boolean {
    const { id = '', from } = error
    const message = this.byId.get(id)
    if (message === undefined || from?.bare.equals(message.to.bare) !== true) return false
    message.advance('failed', new RequestError(readStanzaError(error.element), `${from}`))
    return true
  }

  #enqueue(message: SentMessage): void {
    const wire = message.stanza.wire()
    if (this.#bytes + wire.length > this.#maxBytes) {
      const text = 'Too many messages wait: try again later.'
      message.advance('failed', new DisconnectedError(text))
      return
    }
    this.#write(this.#add(message, `${prefix}${String(this.#next++).padStart(12, '0')}`, wire))
    message.advance('queued')
    this.#pump()
  }

  #add(message: SentMessage, key: string, wire: string, number?: number): Entry {
    this.byId.set(message.id, message)
    this.#bytes += wire.length
    const isHeld = isFor(message) && this.#those((one) => one.isHeld && isFor(message, one.message.to)).length > 0
    const entry: Entry = { message, id: message.id, key, wire, number, isHeld, breaks: 0 }
    this.#queue.add(entry)
    return entry
  }

  readonly #parts: SentParts = {
    /** One that failed is sent as another message: who has refused an id may refuse it again. */
    again: (failed) => {
      this.byId.delete(failed.id)
      failed.replace(this.#named(failed.stanza.with({ element: failed.stanza.element.with({ id: undefined }) })))
      this.#enqueue(failed)
    },
    drop: (failed) => this.acknowledged(this.#those(({ message }) => message === failed)),
    guard: (run) => guard(this.#core.failed, 'fate', run),
  }

  #write(entry: Entry): void {
    const writing = this.#kept.write([rowOf(entry)])
    if (!(writing instanceof Promise)) return
    entry.written = writing.then(
      () => (entry.written = undefined),
      (cause: unknown) => {
        entry.written = undefined
        const error = new StoreError('The message could not be kept.', { cause })
        if (!this.#queue.delete(entry)) return void this.#core.failed(error)
        this.#bytes -= entry.wire.length
        entry.message.advance('failed', error)
      },
    )
  }

  #pump(): void {
    for (const entry of this.#queue) {
      const session = this.#session
      if (entry.isHeld) continue
      if (session?.connection === undefined) return
      if (this.#isWary && !session.isIdle) return
      if (entry.written !== undefined) return void entry.written.then(() => this.#pump())
      this.#queue.delete(entry)
      const most = this.#core.streamFeatures.child('limits', LIMITS_NS)?.childText('max-bytes')
      // [XEP-0478 2] a character has three bytes at most: few messages have to be counted
      if (most && entry.wire.length * 3 > +most && new TextEncoder().encode(fromWire(entry.wire)).length > +most)
        this.#refuse(entry)
      if (isSettled(entry)) this.#forget([entry])
      else {
        entry.number = session.send(entry.wire, entry)
        entry.run = session.management?.run
        // after a restart it is known that it may have arrived
        this.#change([rowOf(entry)])
        entry.message.advance('sent')
      }
    }
  }

  #refuse({ id, message }: Entry, cause?: ClientError): void {
    const text = 'it does not take this message: send less, or a file'
    const error = new RequestError(new StanzaError('policy-violation', { type: 'modify', text }))
    if (id === message.id) message.advance('failed', Object.assign(error, { cause }))
  }

  #forget(entries: readonly Entry[]): void {
    if (entries.length === 0) return
    for (const { wire } of entries) this.#bytes -= wire.length
    this.#change(entries.map(({ key }) => [key, undefined]))
  }

  #change(changes: readonly Change[]): void {
    void tellUnkept(this.#core, this.#kept.write(changes), 'Messages could not be kept.')
  }

  #restore(key: string): void {
    this.#next = Math.max(this.#next, Number(key.slice(prefix.length)) + 1)
    const { wire, at, n, run } = this.#kept.json(key)
    const text = String(wire)
    const element = parseElement(text)
    const to = element instanceof Element && parseJid(element.attr('to') ?? '')
    if (typeof at !== 'number' || !to) {
      this.#core.failed(new StoreError('A kept message cannot be read.'))
      this.#change([[key, undefined]])
      return
    }
    const message = new SentMessage(new Message(element as Element, undefined, to), at, this.#parts)
    // one without a number may have been sent as well, right before a crash
    const isNumbered = typeof n === 'number' && run === this.#kept.json('session')['run']
    this.#add(message, key, text, isNumbered ? n : lost)
  }

  /** A message has the id it was given, or a new one, and says that it is its own. [XEP-0359 3.2] */
  #named(stanza: Message): Message {
    const id = stanza.id ?? this.#core.newId()
    const { element } = stanza
    const others = element.children.filter((child) => typeof child === 'string' || !originId.matches(child))
    const named = element.with({ id }).withChildren([...others, originId.build({ id })])
    return new Message(named, undefined, stanza.to)
  }
}

/** Others have said that it arrived, or it was refused: it is not to be sent (again). */
function isSettled({ id, message }: Entry): boolean {
  return id !== message.id || (message.fate !== 'sent' && message.fate !== 'queued')
}

function isFor({ to, stanza }: SentMessage, room: Jid = to): boolean {
  return stanza.type === 'groupchat' && to.equals(room)
}

function rowOf({ key, wire, message: { at }, number: n, run }: Entry): Change {
  return [key, JSON.stringify({ wire, at, n, run })]
}
