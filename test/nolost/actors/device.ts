/**
 * A device of a recipient: journals whatever arrives, acknowledges late and sometimes not at all, and loses its connection on purpose if that is
 * its kind.
 */
import type { Element } from '@rookery/protocol/xml'
import { Client, type Outgoing } from '../client/client.ts'
import type { Credentials, Place } from '../client/login.ts'
import { readMessage } from '../client/received.ts'
import type { Arrival } from '../history.ts'
import type { DeviceJournal } from '../journal.ts'
import type { Random } from '../random.ts'
import { CatchUp } from './catch-up.ts'

export interface DeviceTraits {
  readonly isManaged: boolean
  readonly hasCarbons: boolean
  /** Breaks its own connection every few seconds, and resumes. */
  readonly isFlapping: boolean
  /** Sometimes logs out properly, and comes back a little later. */
  readonly isLeaving: boolean
  /** Asks the archive for what it has missed when it has lost a session. */
  readonly isCatchingUp: boolean
}

export interface DeviceOptions {
  readonly place: Place
  readonly credentials: Credentials
  readonly name: string
  readonly traits: DeviceTraits
  readonly journal: DeviceJournal
  readonly random: Random
  fault(text: string): void
}

const tick = 50
/** Longest silence of a device that does not acknowledge. */
const longestSilence = 3000

export class Device {
  readonly client: Client
  readonly name: string
  readonly account: string
  readonly #options: DeviceOptions
  #timer: NodeJS.Timeout | undefined
  #flapAt = Number.POSITIVE_INFINITY
  #silentUntil = 0
  #isCalm = false
  #pending: NodeJS.Timeout | undefined
  #sessions = 0
  readonly #catchUp: CatchUp
  /** Messages received so far, repetitions included. */
  received = 0

  constructor(options: DeviceOptions) {
    this.#options = options
    this.name = options.name
    this.account = options.credentials.username
    this.#catchUp = new CatchUp({
      send: (wire) => this.client.send([{ wire }]),
      acknowledge: () => this.client.acknowledge(),
      found: (origin, body, id) => this.#took(origin, body, id, 'archive'),
      note: (text) => options.journal.note(text),
    })
    this.client = new Client(
      { ...options, resource: options.name, isManaged: options.traits.isManaged },
      {
        stanza: (element) => this.#stanza(element),
        asked: () => this.#asked(),
        acknowledged: (items) => this.#acknowledged(items),
        began: () => this.#began(),
        resumed: () => options.journal.session('resumed'),
        fault: options.fault,
        note: (text) => options.journal.note(text),
      },
    )
  }

  /** Has everything there is, as far as it knows. */
  get isUpToDate(): boolean {
    return this.client.isOnline && this.#catchUp.isDone
  }

  start(): void {
    this.client.start()
    this.#planFlap()
    this.#timer = setInterval(() => this.#work(), tick)
  }

  /** No more trouble of its own making. */
  calm(): void {
    this.#isCalm = true
    this.#silentUntil = 0
    if (this.#options.traits.isManaged) this.client.acknowledge()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    clearTimeout(this.#pending)
    await this.client.stop()
    this.#options.journal.close()
  }

  #began(): void {
    const { journal, traits } = this.#options
    journal.session('new')
    if (traits.hasCarbons)
      this.client.send([{ wire: "<iq type='set' id='carbons'><enable xmlns='urn:xmpp:carbons:2'/></iq>" }])
    this.client.send([{ wire: '<presence/>' }])
    if (++this.#sessions > 1 && traits.isCatchingUp) this.#catchUp.begin()
  }

  #stanza(element: Element): void {
    if (this.#catchUp.take(element)) return
    const message = readMessage(element, this.client.jid)
    if (message === undefined) return
    this.#catchUp.came(message.stanzaId)
    this.#took(message.origin, message.body, message.stanzaId, message.arrival)
  }

  #took(origin: string, body: string, stanzaId: string | undefined, arrival: Arrival): void {
    this.received++
    this.#options.journal.message(origin, body, stanzaId, arrival)
  }

  #asked(): void {
    const { random } = this.#options
    if (this.#isCalm) return this.#acknowledge()
    if (performance.now() < this.#silentUntil || this.#pending !== undefined) return
    if (random.chance(0.02)) {
      this.#silentUntil = performance.now() + random.integer(200, longestSilence)
      return
    }
    if (random.chance(0.1)) return
    const delay = random.chance(0.5) ? 0 : random.integer(1, 300)
    if (delay === 0) return this.#acknowledge()
    this.#pending = setTimeout(() => this.#acknowledge(), delay)
  }

  #acknowledge(): void {
    clearTimeout(this.#pending)
    this.#pending = undefined
    this.client.acknowledge()
    if (this.#options.random.chance(0.05)) this.client.confirm(this.received)
  }

  #acknowledged(items: readonly Outgoing[]): void {
    for (const { confirms } of items) if (confirms !== undefined) this.#options.journal.confirmed(confirms)
  }

  #work(): void {
    this.#options.journal.flush()
    if (this.#isCalm || performance.now() < this.#flapAt) return
    const { random, traits, journal } = this.#options
    this.#planFlap()
    if (!this.client.isOnline) return
    if (traits.isLeaving && random.chance(0.3)) {
      journal.session('closed')
      this.client.close()
    } else this.client.breakOff(random.weighted({ reset: 4, drop: 4, freeze: 1 }))
  }

  #planFlap(): void {
    const { traits, random } = this.#options
    if (traits.isFlapping) this.#flapAt = performance.now() + random.integer(500, 4000)
  }
}
