/**
 * What the client of a session did not acknowledge before the session ended: messages go to the account's other resources
 * or are kept, with the time when they came; requests are answered with an error. XEP-0198 1.6.3 section 4.
 */
import { type Maybe, then } from '@rookery/protocol'
import { CodecError } from '@rookery/protocol/codec'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { Iq, iqType, Message, type Stanza, StanzaError } from '@rookery/protocol/stanza'
import { DELAY_NS, delay } from '@rookery/protocol/xeps/delay'
import { STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import type { Element } from '@rookery/protocol/xml'
import type { Came, Delivery } from '../delivery.ts'
import type { ClockPower, Log } from '../powers.ts'
import type { Held } from '../session.ts'
import { readStanza } from '../stored-stanza.ts'
import type { Sent } from './line.ts'

export interface HandBackParts {
  readonly host: Jid
  readonly clock: ClockPower
  readonly log: Log
  /** `failed`: it could not be stored, which may be otherwise later. */
  undelivered(message: Message, account: Jid, came: Came): Maybe<'failed' | undefined>
  /** No session has it any more; in the spool it waits for the next. */
  release(local: string, id: number): undefined
  refuse(stanza: Stanza, error: StanzaError): Maybe<undefined>
}

type Left = Pick<Sent, 'delivery' | 'wire' | 'at' | 'isStored'>

/** Milliseconds between two tries, and how many there are. */
const between = 1000
const mostTries = 120

const notKept = new StanzaError('internal-server-error', { type: 'wait' })
const nobodyThere = new StanzaError('service-unavailable')

export class HandBack {
  readonly #parts: HandBackParts
  /** Ends the waiting of those that are to be tried again. */
  readonly #pauses = new Set<() => void>()
  #isStopping = false

  constructor(parts: HandBackParts) {
    this.#parts = parts
  }

  /**
   * What was `sent`, then what was `held` back. All of it begins before this returns, in its order; resolves when it is safe. Does not
   * reject; false: not all of it found a place, and what is stored of the session has to stay.
   */
  async all(account: Jid, sent: readonly Sent[], held: readonly Held[]): Promise<boolean> {
    const placed = await Promise.all([
      ...sent.map((one) => this.#safely(account, () => this.#one(account, one))),
      ...held.map((one) => this.#safely(account, () => this.#unheld(account, one))),
    ])
    return placed.every((isPlaced) => isPlaced)
  }

  /**
   * What a process that died had stored for a session whose client was connected. What the archive has stays there: another client may have
   * had it, and what was on its way to this one without having been stored is nowhere else either.
   */
  async buried(account: Jid, sent: readonly Sent[]): Promise<boolean> {
    const placed = await Promise.all(sent.map((one) => this.#safely(account, () => this.#one(account, one, true))))
    return placed.every((isPlaced) => isPlaced)
  }

  /** A message of the archive that a process that died may have given to nobody. Does not reject. */
  async lost(account: Jid, message: Message, came: Came): Promise<void> {
    await this.#safely(account, () => this.#place(message, account, came))
  }

  async #safely(account: Jid, work: () => Maybe<undefined>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      this.#parts.log.error({ account: account.toString(), error }, 'what a client did not get could not be kept')
      return false
    }
  }

  #one(account: Jid, sent: Sent, isBuried = false): Maybe<undefined> {
    return sent.delivery !== undefined && !sent.delivery.letGo() ? undefined : this.#letGo(account, sent, isBuried)
  }

  #unheld(account: Jid, { delivery, wire }: Held): Maybe<undefined> {
    return this.#letGo(account, { delivery, wire, at: delivery.at, isStored: true }, false)
  }

  /** Nobody else has it. */
  #letGo(account: Jid, sent: Left, isBuried: boolean): Maybe<undefined> {
    const { delivery } = sent
    if (delivery?.message !== undefined || delivery?.place === 'spool') return this.#delivery(account, delivery)
    const placed = this.#stored(account, sent, isBuried)
    return delivery?.place !== 'either' ? placed : then(placed, () => this.#parts.release(account.local, delivery.id))
  }

  /** What is at hand as bytes alone. */
  #stored(account: Jid, { delivery, wire, at, isStored }: Left, isBuried: boolean): Maybe<undefined> {
    const isMessage = wire.startsWith('<message')
    // a message that came without the corridor and was not stored with the session is stored where it came from (offline messages)
    if (isMessage ? !isStored : !wire.startsWith('<iq')) return undefined
    const element = readStanza(wire)
    if (element === undefined) return undefined
    const from = address(element.attr('from'))
    const to = address(element.attr('to'))
    if (!isMessage) return this.#request(element, from, to)
    // what the account itself tells its clients (carbons, pages of its archive) was for this one alone
    if (from === undefined || from.equals(account)) return undefined
    const { stamp, rest } = this.#withoutDelay(element)
    const isKept = hasIdOf(element, account)
    if (isBuried && isKept && stamp === undefined) return undefined
    return this.#place(new Message(rest, from, to), account, { at: stamp ?? at, isKept, id: delivery?.id ?? 0 })
  }

  #delivery(account: Jid, delivery: Delivery): Maybe<undefined> {
    if (delivery.place === 'spool') return this.#parts.release(account.local, delivery.id)
    return delivery.message === undefined ? undefined : this.#place(delivery.message, account, delivery)
  }

  /** A disk that is full for a while costs nobody what was promised: it is tried again before its sender is told. [S137] */
  #place(message: Message, account: Jid, came: Came, tries = 0): Maybe<undefined> {
    return then(this.#parts.undelivered(message, account, came), (how) => {
      if (how === undefined) return undefined
      if (this.#isStopping) throw new Error('the server went down before it could be kept')
      if (tries >= mostTries) return this.#parts.refuse(message, notKept)
      return this.#pause().then(() => this.#place(message, account, came, tries + 1))
    })
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#parts.clock.after(between, () => {
        this.#pauses.delete(over)
        resolve()
      })
      const over = (): void => {
        timer[Symbol.dispose]()
        resolve()
      }
      this.#pauses.add(over)
    })
  }

  stop(): void {
    this.#isStopping = true
    for (const over of this.#pauses) over()
    this.#pauses.clear()
  }

  /** It gets ours again, when it is delivered. */
  #withoutDelay(element: Element): { stamp: number | undefined; rest: Element } {
    let stamp: number | undefined
    const children = element.children.filter((child) => {
      if (typeof child === 'string' || !child.is('delay', DELAY_NS)) return true
      const read = delay.parse(child)
      if (read === undefined || read instanceof CodecError || read.from?.equals(this.#parts.host) !== true) return true
      stamp = read.stamp
      return false
    })
    return { stamp, rest: stamp === undefined ? element : element.withChildren(children) }
  }

  #request(element: Element, from: Jid | undefined, to: Jid | undefined): Maybe<undefined> {
    const type = iqType(element.attr('type'))
    if (from === undefined || (type !== 'get' && type !== 'set')) return undefined
    return this.#parts.refuse(new Iq(element, from, to, type), nobodyThere)
  }
}

/** Only the archive of the account gives one: forged ones have been stripped. [XEP-0359 5] */
function hasIdOf(message: Element, account: Jid): boolean {
  return message
    .childElements()
    .some((child) => child.is('stanza-id', STANZA_ID_NS) && address(child.attr('by'))?.equals(account) === true)
}

function address(text: string | undefined): Jid | undefined {
  return text === undefined ? undefined : parseJid(text)
}
