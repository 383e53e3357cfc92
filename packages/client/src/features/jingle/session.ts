/** One session of Jingle (XEP-0166 1.1.2), from one side: pending, active, over. What it is about is its application's to know. */
import type { Jid } from '@rookery/protocol/jid'
import {
  JINGLE_NS,
  type Jingle,
  type JingleAction,
  type JingleContent,
  type JingleParty,
  type JingleReason,
  jingle,
  jingleError,
} from '@rookery/protocol/xeps/jingle'
import type { Element } from '@rookery/protocol/xml'
import { type Deferred, deferred } from '../../contract/deferred.ts'
import { DisconnectedError, RequestError, TimeoutError, UnsupportedError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'
import { type WaitOptions, within } from '../../contract/within.ts'

/** How a session ended: as one side told it, or `gone` with the connection. */
export interface JingleEnd extends JingleReason {
  /** Whether this side ended it. */
  readonly isOwn: boolean
}

/** What an application makes of a session. Each call is one request of the other side, which is acknowledged unless a StanzaError is thrown. */
export interface JingleApplication {
  /** The other side accepts; these are the contents as it wants them. */
  accepted?(contents: readonly JingleContent[]): void
  /** It has something to tell: false when nothing is known of it. */
  told?(info: Element): boolean
  ended?(end: JingleEnd): void
  /**
   * The other side wants these contents to go over other transports: they as you take them, or undefined, which says no. Then the session goes
   * on as it was, or the other side ends it.
   */
  replaced?(contents: readonly JingleContent[]): readonly JingleContent[] | undefined
  /** Whether an offer that came while ours was under way is the same thing: then one of the two is enough. */
  isSame?(contents: readonly JingleContent[]): boolean
}

export interface SessionParts {
  readonly core: Pick<Core, 'clock' | 'request' | 'jid'>
  readonly peer: Jid
  readonly sid: string
  readonly role: JingleParty
  readonly contents: readonly JingleContent[]
  readonly over: () => void
}

/** Milliseconds between questions whether the other side still knows of it, and to wait for the answer: a device may sleep. */
const watchEvery = 90_000
const patience = 300_000
/** Who answers so is not there any more, or has forgotten the session. */
const signsOfAbsence: readonly unknown[] = ['item-not-found', 'recipient-unavailable', 'service-unavailable']

export class JingleSession {
  readonly peer: Jid
  readonly sid: string
  /** What we are in it. */
  readonly role: JingleParty
  /** As they were offered. */
  readonly contents: readonly JingleContent[]
  state: 'pending' | 'active' | 'ended' = 'pending'
  application: JingleApplication = {}
  readonly #parts: SessionParts
  #replacing: Deferred<readonly JingleContent[]> | undefined
  #stopWatching!: () => void

  /** @internal Made by `jingle`. */
  constructor(parts: SessionParts) {
    this.#parts = parts
    this.peer = parts.peer
    this.sid = parts.sid
    this.role = parts.role
    this.contents = parts.contents
    this.#watch()
  }

  /** Accepts what was offered, as these contents say. Throws a DisconnectedError where it is over. */
  async accept(contents: readonly JingleContent[], options?: WaitOptions): Promise<undefined> {
    if (this.state === 'ended') throw new DisconnectedError('The session is over.')
    this.state = 'active'
    await this.#send({ action: 'session-accept', responder: this.#parts.core.jid, contents }, options)
  }

  /**
   * Proposes other transports for these contents; resolves with them as the other side takes them, or proposes meanwhile. Throws an UnsupportedError when it does not,
   * RequestError, TimeoutError, DisconnectedError. [XEP-0166 7.2.13]
   */
  async replaceTransport(
    contents: readonly JingleContent[],
    options: WaitOptions = {},
  ): Promise<readonly JingleContent[]> {
    const replacing = deferred<readonly JingleContent[]>()
    replacing.promise.catch(() => undefined) // it may be refused at once
    this.#replacing = replacing
    const sent = this.#send({ action: 'transport-replace', contents }, options).then(() => replacing.promise)
    return await within(this.#parts.core.clock, Promise.race([replacing.promise, sent]), options)
  }

  /** Tells something of the application; nothing is a sign of life. */
  async tell(infos: readonly Element[], options?: WaitOptions): Promise<undefined> {
    await this.#send({ action: 'session-info', infos }, options)
  }

  /** Ends it. Whether the other side hears of that does not matter to this one. */
  async end(reason: JingleReason, options?: WaitOptions): Promise<undefined> {
    if (!this.over({ ...reason, isOwn: true })) return
    await this.#send({ action: 'session-terminate', reason }, options).catch(() => undefined)
  }

  /** @internal False when it was over already. */
  over(end: JingleEnd): boolean {
    if (this.state === 'ended') return false
    this.state = 'ended'
    this.#stopWatching()
    this.#parts.over()
    this.#replacing?.reject(new DisconnectedError('The session is over.'))
    this.application.ended?.(end)
    return true
  }

  /** @internal The other side proposes other transports. */
  proposed(contents: readonly JingleContent[]): undefined {
    const isTie = this.#replacing !== undefined && this.role === 'initiator'
    if (isTie) throw jingleError('tie-break') // [XEP-0166 7.2.16] ours counts
    const taken = this.application.replaced?.(contents)
    if (taken !== undefined) this.#replacing?.resolve(taken) // theirs counts
    void this.answer(taken === undefined ? 'transport-reject' : 'transport-accept', taken ?? contents)
  }

  /** @internal The other side says what it makes of our transports. */
  settled(contents: readonly JingleContent[] | undefined): undefined {
    if (this.#replacing === undefined) throw jingleError('out-of-order')
    if (contents !== undefined) this.#replacing.resolve(contents)
    else this.#replacing.reject(new UnsupportedError(JINGLE_NS, 'The other side does not take this transport.'))
    this.#replacing = undefined
  }

  /** @internal Whether the other side hears of it does not matter: it asks, or ends the session. */
  async answer(action: JingleAction, contents: readonly JingleContent[]): Promise<undefined> {
    await this.#send({ action, contents }).catch(() => undefined)
  }

  /** @internal */
  async initiate(options: WaitOptions): Promise<undefined> {
    await this.#send({ action: 'session-initiate', initiator: this.#parts.core.jid, contents: this.contents }, options)
  }

  /** Who left without a word is asked. [XEP-0166 6.8] */
  #watch(): void {
    this.#stopWatching = this.#parts.core.clock.after(watchEvery, async () => {
      try {
        await this.tell([], { timeout: patience })
      } catch (error) {
        const isGone = error instanceof RequestError && signsOfAbsence.includes(error.condition)
        if (isGone || error instanceof TimeoutError) this.over({ condition: 'gone', isOwn: false })
      }
      if (this.state !== 'ended') this.#watch()
    })
  }

  async #send(request: Partial<Jingle> & Pick<Jingle, 'action'>, options: WaitOptions = {}): Promise<undefined> {
    const payload = jingle.build({ contents: [], infos: [], ...request, sid: this.sid })
    // whoever answers a request at once answers after it was acknowledged, which takes one turn
    await undefined
    await undefined
    await this.#parts.core.request('set', payload, { to: this.peer, signal: options.signal, timeout: options.timeout })
  }
}
