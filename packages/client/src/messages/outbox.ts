/**
 * Messages on their way: kept until the server has acknowledged them, sent in order, and sent again when a session is lost (with the same id
 * and origin-id, XEP-0359, so that they are known as the same).
 */
import type { Maybe } from '@rookery/protocol'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { Message, readStanzaError } from '@rookery/protocol/stanza'
import { originId } from '@rookery/protocol/xeps/stanza-id'
import { Element, parseElement } from '@rookery/protocol/xml'
import { BoundedMap } from '../contract/bounded-map.ts'
import { type ClientError, DisconnectedError, RequestError, StoreError } from '../contract/errors.ts'
import type { Core } from '../contract/extension.ts'
import { guard, guardWork } from '../contract/guard.ts'
import type { Change } from '../contract/store.ts'
import { tellUnkept } from '../contract/unkept.ts'
import type { Carrier } from '../session/carrier.ts'
import type { Kept } from '../session/kept.ts'
import type { Session } from '../session/session.ts'
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
  written: undefined | Promise<undefined>
  /** Its number in the session it was sent in. */
  number: number | undefined
  /** Of before a restart, for a room that nobody has entered since. */
  isHeld: boolean
}

interface Row {
  readonly wire: string
  readonly at: number
  readonly n?: number | undefined
}

const prefix = 'out/'
/** The number of what was sent in a session that nobody can go on with: no count of the server is about it. */
const lost = Number.MAX_SAFE_INTEGER
/** Answers (errors, receipts) to the last so many messages find them. */
const remembered = 2_000

export class Outbox implements Carrier {
  readonly reconcilers: Reconcile[] = []
  readonly #core: Core
  readonly #kept: Kept
  readonly #maxBytes: number
  #queue: Entry[] = []
  #session: Session | undefined
  /** The last session was ended because of what we sent: one at a time, so that it is known which it is. */
  #isWary = false
  #next = 0
  #bytes = 0
  readonly #byId: BoundedMap<string, SentMessage> = new BoundedMap(remembered)

  constructor(core: Core, kept: Kept, maxBytes: number) {
    this.#core = core
    this.#kept = kept
    this.#maxBytes = maxBytes
    const keys = [...kept.rows.keys()].filter((key) => key.startsWith(prefix))
    for (const key of keys.sort()) this.#restore(key)
  }

  /** Kept here, or sent and not acknowledged; in order. */
  get pending(): readonly SentMessage[] {
    return this.#entries.map(({ message }) => message)
  }

  /** Those of them that wait for nobody but the server. */
  get leaving(): readonly SentMessage[] {
    return this.#entries.filter(({ isHeld }) => !isHeld).map(({ message }) => message)
  }

  get #entries(): readonly Entry[] {
    return [...((this.#session?.unacknowledged ?? []) as readonly Entry[]), ...this.#queue]
  }

  /** What is to be said in this room now waits for it, or not any more; without a room, in all of them: who is not there is refused. */
  hold(isHeld: boolean, room?: Jid): void {
    for (const entry of this.#queue) if (isFor(entry, room)) entry.isHeld = isHeld
    this.acknowledged(this.#queue.filter(({ message: { fate } }) => fate === 'delivered'))
    this.#pump()
  }

  /** One of the last messages, by its id. */
  find(id: string): SentMessage | undefined {
    return this.#byId.get(id)
  }

  /** Takes it over: it gets an id, and an origin-id that is the same. */
  post(stanza: Message): SentMessage {
    const message = new SentMessage(this.#named(stanza), this.#core.clock.now(), this.#parts)
    this.#enqueue(message)
    return message
  }

  /** Sends what waits, over this session, from now on. */
  open(session: Session): void {
    this.#session = session
    this.#pump()
  }

  /**
   * Those not acknowledged are the first to be sent in the next session, but for those of which others have said that they arrived, or that
   * were refused. What each connection of a session ended at would end those of the next as well: it has failed.
   */
  lost(rest: readonly Entry[], refusal?: ClientError): void {
    this.#session = undefined
    const culprit = refusal && this.#isWary ? rest[0] : undefined
    if (culprit?.id === culprit?.message.id) culprit?.message.advance('failed', refusal)
    this.#isWary = !!refusal && !culprit
    const isSettled = ({ id, message }: Entry): boolean =>
      id !== message.id || (message.fate !== 'sent' && message.fate !== 'queued')
    const again = rest.filter((entry) => !isSettled(entry))
    this.acknowledged(rest.filter(isSettled))
    for (const { message } of again) message.advance('queued')
    for (const entry of [...again, ...this.#sentBefore]) this.#sent(entry, lost)
    this.#queue = [...again, ...this.#queue]
  }

  /** The session counts anew from there: what is left has no number in it, and that is kept before more is sent. */
  handledBefore(h: number): Maybe<undefined> {
    this.acknowledged(this.#sentBefore.filter(({ number }) => number! <= h))
    let keeping: Maybe<undefined>
    for (const entry of this.#sentBefore) keeping = this.#sent(entry, lost)
    return keeping
  }

  async settle(): Promise<undefined> {
    const unsure = this.#sentBefore
    if (unsure.length === 0) return
    for (const ask of this.reconcilers) {
      const known = await guardWork(this.#core.failed, () => ask(unsure.map(({ message }) => message)))
      if (known !== undefined) this.acknowledged(this.#sentBefore.filter(({ message }) => known.has(message)))
    }
  }

  /** Of those that wait: what was sent in an earlier session, to be sent again in this order unless it has arrived. */
  get #sentBefore(): readonly Entry[] {
    return this.#queue.filter(({ number }) => number !== undefined)
  }

  /** The server has these. */
  acknowledged(entries: readonly Entry[]): void {
    if (entries.length === 0) return
    const gone = new Set(entries)
    this.#queue = this.#queue.filter((entry) => !gone.has(entry))
    this.#forget(entries)
    for (const { id, message } of entries) if (id === message.id) message.advance('acked')
    if (!this.#isWary) return
    this.#isWary = this.leaving.length > 0
    this.#pump()
  }

  /** An error came for one of ours: true when it was. [RFC6120 8.3.1] */
  refused(error: Message): boolean {
    const { id = '', from } = error
    const message = this.#byId.get(id)
    if (message === undefined || from?.bare.equals(message.to.bare) !== true) return false
    message.advance('failed', new RequestError(readStanzaError(error.element), `${from}`))
    return true
  }

  #enqueue(message: SentMessage): void {
    const wire = message.stanza.wire()
    if (this.#bytes + wire.length > this.#maxBytes) {
      const text = 'Too many messages wait to be sent. Try again when the connection is back.'
      message.advance('failed', new DisconnectedError(text))
      return
    }
    const entry = this.#add(message, `${prefix}${String(this.#next++).padStart(12, '0')}`, wire)
    entry.isHeld = this.#queue.some((one) => one.isHeld && isFor(entry, one.message.to))
    this.#write(entry, { wire, at: message.at })
    message.advance('queued')
    this.#pump()
  }

  #add(message: SentMessage, key: string, wire: string, number?: number): Entry {
    const { id } = message
    const entry: Entry = { message, id, key, wire, written: undefined, number, isHeld: false }
    this.#byId.set(id, message)
    this.#bytes += wire.length
    this.#queue.push(entry)
    return entry
  }

  readonly #parts: SentParts = {
    /** One that failed is sent as another message: who has refused an id may refuse it again. */
    again: (failed) => {
      this.#byId.delete(failed.id)
      failed.replace(this.#named(failed.stanza.with({ element: failed.stanza.element.with({ id: undefined }) })))
      this.#enqueue(failed)
    },
    drop: (failed) => this.acknowledged(this.#queue.filter(({ message }) => message === failed)),
    guard: (run) => guard(this.#core.failed, 'fate', run),
  }

  #write(entry: Entry, row: Row): void {
    const writing = this.#kept.write([[entry.key, JSON.stringify(row)]])
    if (!(writing instanceof Promise)) return
    entry.written = writing.then(
      () => (entry.written = undefined),
      (cause: unknown) => {
        entry.written = undefined
        const error = new StoreError('The message could not be kept.', { cause })
        if (!this.#queue.includes(entry)) return void this.#core.failed(error)
        this.#queue = this.#queue.filter((one) => one !== entry)
        this.#bytes -= entry.wire.length
        entry.message.advance('failed', error)
      },
    )
  }

  #pump(): void {
    for (;;) {
      const entry = this.#queue.find(({ isHeld }) => !isHeld)
      const session = this.#session
      if (entry === undefined || session?.connection === undefined) return
      if (this.#isWary && session.unacknowledged.length > 0) return
      if (entry.written !== undefined) return void entry.written.then(() => this.#pump())
      this.#queue.splice(this.#queue.indexOf(entry), 1)
      const number = session.send(entry.wire, entry)
      this.#sent(entry, session.canResume ? number : lost)
      entry.message.advance('sent')
    }
  }

  /** Kept with its number: after a restart it is known that it may have arrived. */
  #sent(entry: Entry, number: number): Maybe<undefined> {
    if (entry.number === number) return undefined
    entry.number = number
    if (!this.#kept.lasts) return undefined
    const row: Row = { wire: entry.wire, at: entry.message.at, n: number }
    return this.#change([[entry.key, JSON.stringify(row)]])
  }

  #forget(entries: readonly Entry[]): void {
    for (const { wire } of entries) this.#bytes -= wire.length
    this.#change(entries.map(({ key }) => [key, undefined]))
  }

  #change(changes: readonly Change[]): Maybe<undefined> {
    return tellUnkept(this.#core, this.#kept.write(changes), 'What is kept of messages could not be written.')
  }

  #restore(key: string): void {
    this.#next = Math.max(this.#next, Number(key.slice(prefix.length)) + 1)
    const { wire, at, n } = this.#kept.json(key)
    const text = String(wire)
    const element = parseElement(text)
    const to = element instanceof Element ? parseJid(element.attr('to') ?? '') : undefined
    if (typeof at !== 'number' || !(element instanceof Element) || to === undefined) {
      this.#core.failed(new StoreError('A message that was kept cannot be read, and is left out.'))
      this.#change([[key, undefined]])
      return
    }
    const message = new SentMessage(new Message(element, undefined, to), at, this.#parts)
    this.#add(message, key, text, typeof n === 'number' ? n : undefined)
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

function isFor({ message: { to, stanza } }: Entry, room: Jid = to): boolean {
  return stanza.type === 'groupchat' && to.equals(room)
}
