/**
 * One device: stays logged in over any number of connections, resumes its session where the server lets it (XEP-0198 1.6.3), and otherwise binds
 * anew and hands back what was not acknowledged. What to send and what to make of what comes is the actor's business.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { NS } from '@rookery/protocol'
import { isBroken } from '@rookery/protocol/codec'
import { bind } from '@rookery/protocol/xeps/bind'
import { type Element, el } from '@rookery/protocol/xml'
import type { Random } from '../random.ts'
import { type Credentials, login, type Place, within } from './login.ts'
import { Management } from './management.ts'
import { type Wire, WireClosed } from './wire.ts'

export const SM = 'urn:xmpp:sm:3'

/** Ends what is remembered of a failed resumption that said what had been handled. */
export const withCount = 'with h'

/** Ends it where nothing had been acknowledged in that session. */
export const nothingToTell = 'of a session without acknowledgements'

/** A stanza that was sent; `k` for a numbered message, `confirms` for one that followed an acknowledgement of so many messages. */
export interface Outgoing {
  readonly wire: string
  readonly k?: number
  readonly confirms?: number
}

export interface ClientEvents {
  stanza(element: Element): void
  /** The server asks for an acknowledgement. */
  asked(): void
  acknowledged(items: readonly Outgoing[]): void
  /** A new session; `rest` is what the one before left unacknowledged. */
  began(rest: readonly Outgoing[]): void
  /** The session goes on; `again` was just sent once more. */
  resumed(again: readonly Outgoing[]): void
  /** The server broke the rules of stream management. */
  fault(text: string): void
  /** For whoever reads the journal. */
  note(text: string): void
}

export interface ClientOptions {
  readonly place: Place
  readonly credentials: Credentials
  readonly resource: string
  /** Use stream management. */
  readonly isManaged: boolean
  readonly random: Random
}

export class Client {
  readonly #options: ClientOptions
  readonly #events: ClientEvents
  #management = new Management<Outgoing>()
  #sessionId: string | undefined
  #wire: Wire | undefined
  #isStopped = false
  #done: Promise<void> | undefined
  #pings = new Map<string, PromiseWithResolvers<void>>()
  #pingCount = 0
  /** Logins so far, and why the last one failed or the last connection ended. */
  connections = 0
  resumptions = 0
  lostSessions = 0
  lastTrouble = ''
  /** Why resumptions failed, and how often. */
  readonly refusals = new Map<string, number>()

  constructor(options: ClientOptions, events: ClientEvents) {
    this.#options = options
    this.#events = events
  }

  get isOnline(): boolean {
    return this.#wire !== undefined && this.#wire.closed === undefined
  }

  get unacknowledged(): number {
    return this.#management.length
  }

  get jid(): string {
    return `${this.#options.credentials.username}@${this.#options.place.host}`
  }

  start(): void {
    this.#isStopped = false
    this.#done ??= this.#run()
  }

  /** Ends the stream properly: the session is over. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.close()
    await this.#done
    this.#done = undefined
  }

  /** Ends the session and the stream; a client that was started comes back with a new one. */
  close(): void {
    this.#sessionId = undefined
    if (this.#options.isManaged) this.acknowledge() // [XEP-0198 4, before a graceful end]
    this.#wire?.close()
  }

  /** Loses the connection without a word. */
  breakOff(how: 'reset' | 'drop' | 'freeze'): void {
    if (how === 'freeze') this.#wire?.freeze(this.#options.random.integer(3000, 20_000))
    else if (how === 'reset') this.#wire?.reset()
    else this.#wire?.drop()
  }

  /** Sends stanzas in one write; while there is no connection they wait for the next one. With `ask` the server is asked to acknowledge. */
  send(items: readonly Outgoing[], ask = false): void {
    let wire = ''
    for (const item of items) {
      if (this.#options.isManaged) this.#management.sent(item)
      wire += item.wire
    }
    this.#wire?.write(ask ? `${wire}<r xmlns='${SM}'/>` : wire)
  }

  ask(): void {
    this.#wire?.write(`<r xmlns='${SM}'/>`)
  }

  acknowledge(): void {
    this.#wire?.write(`<a xmlns='${SM}' h='${this.#management.h}'/>`)
  }

  /** Resolves when the server has answered what was sent before; rejects when the session is lost. */
  ping(): Promise<void> {
    const pending = Promise.withResolvers<void>()
    pending.promise.catch(() => undefined) // whoever waits is told; whoever has gone on is not
    const id = `ping-${++this.#pingCount}`
    this.#pings.set(id, pending)
    this.send([{ wire: this.#request(id) }])
    return pending.promise
  }

  /** Sends a stanza behind an acknowledgement: when the server takes responsibility for it, it has taken note of that as well. */
  confirm(count: number): void {
    this.send([{ wire: this.#request(`confirm-${++this.#pingCount}`), confirms: count }], true)
  }

  #request(id: string): string {
    return `<iq type='get' to='${this.#options.place.host}' id='${id}'><ping xmlns='urn:xmpp:ping'/></iq>`
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#connect()
      } catch (error) {
        this.lastTrouble = error instanceof Error ? error.message : String(error)
      }
      this.#events.note(`offline: ${this.lastTrouble}`)
      this.#wire = undefined
      if (!this.#isStopped) await sleep(this.#options.random.integer(20, 200))
    }
  }

  /** One connection from beginning to end. */
  async #connect(): Promise<void> {
    const { place, credentials } = this.#options
    const { wire } = await login(place, credentials)
    if (this.#isStopped) return wire.close()
    this.connections++
    const ended = Promise.withResolvers<void>()
    const early: Element[] = []
    const again = await within(wire, async () => (await this.#resume(wire)) ?? (await this.#begin(wire, early)))
    this.#wire = wire
    const rest = again.rest
    if (again.isResumed) {
      this.resumptions++
      // [XEP-0198 5]: what is still unacknowledged goes out again, before anything new
      wire.write(rest.map((item) => item.wire).join(''))
      this.#events.resumed(rest)
    } else this.#events.began(rest)
    for (const stanza of early) this.#events.stanza(stanza)
    wire.deliverTo((element) => this.#take(element), ended.resolve)
    await ended.promise
    this.lastTrouble = wire.closed?.message ?? ''
    if (!this.#options.isManaged) this.#abandonPings()
  }

  async #resume(wire: Wire): Promise<{ isResumed: true; rest: readonly Outgoing[] } | undefined> {
    if (!this.#options.isManaged || this.#sessionId === undefined) return undefined
    wire.send(el('resume', SM, { previd: this.#sessionId, h: String(this.#management.h) }))
    const answer = await wire.read()
    const h = answer.attr('h')
    if (answer.is('resumed', SM)) {
      this.#events.note(`resumed ${this.#sessionId}, h ${h} of the server, ${this.#management.h} of ours`)
      this.#covered(h)
      return { isResumed: true, rest: this.#management.unacknowledged }
    }
    if (!answer.is('failed', SM)) throw new Error(`<${answer.name}/> came in answer to <resume/>`)
    // a server that never acknowledged anything has nothing to tell
    const told = h !== undefined ? ` ${withCount}` : this.#management.acknowledged === 0 ? ` ${nothingToTell}` : ''
    const why = `${answer.firstElement()?.name ?? 'no reason'}${told}`
    this.refusals.set(why, (this.refusals.get(why) ?? 0) + 1)
    this.#events.note(`not resumed: ${why} ${h ?? ''}, ${this.#management.h} of ours`)
    if (h !== undefined) this.#covered(h) // [XEP-0198 5, on timed-out sessions]
    return undefined
  }

  async #begin(wire: Wire, early: Element[]): Promise<{ isResumed: false; rest: readonly Outgoing[] }> {
    const { resource, isManaged } = this.#options
    wire.send(el('iq', NS.client, { type: 'set', id: 'bind' }, [bind.build({ resource })]))
    const until = async (isIt: (element: Element) => boolean): Promise<Element> => {
      for (;;) {
        const element = await wire.read()
        if (isIt(element)) return element
        early.push(element)
      }
    }
    const bound = await until((element) => element.is('iq', NS.client) && element.attr('id') === 'bind')
    const address = bind.find(bound)
    if (address === undefined || isBroken(address)) throw new Error(`${this.jid} cannot bind ${resource}`)
    if (isManaged) {
      wire.send(el('enable', SM, { resume: 'true' }))
      const answer = await until((element) => element.ns === SM)
      if (!answer.is('enabled', SM)) throw new Error('the server does not enable stream management')
      if (this.#sessionId !== undefined) this.lostSessions++
      this.#sessionId = answer.attr('id')
      this.#events.note(`enabled ${this.#sessionId}`)
    }
    const rest = this.#management.unacknowledged
    this.#management = new Management()
    this.#abandonPings()
    return { isResumed: false, rest }
  }

  #take(element: Element): void {
    if (element.ns === SM) {
      if (element.name === 'r') this.#events.asked()
      else if (element.name === 'a') this.#covered(element.attr('h'))
      return
    }
    this.#management.received()
    const id = element.name === 'iq' ? element.attr('id') : undefined
    const pending = id === undefined ? undefined : this.#pings.get(id)
    if (pending === undefined) return this.#events.stanza(element)
    this.#pings.delete(id!)
    pending.resolve()
  }

  #covered(h: string | undefined): void {
    const covered = this.#management.acknowledge(h)
    if (covered !== undefined) this.#events.acknowledged(covered)
    else {
      this.#events.note(`h='${h}' makes no sense`)
      this.#events.fault(`${this.jid}: h='${h}' is less than it was, more than was sent, or no number`)
    }
  }

  #abandonPings(): void {
    for (const pending of this.#pings.values()) pending.reject(new WireClosed('the session is lost'))
    this.#pings.clear()
  }
}
