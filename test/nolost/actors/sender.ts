/**
 * A sender: writes numbered messages to all recipients as fast as acknowledgements and its rate allow. SENT goes to the journal before the
 * socket, ACKED when the server's h covers it. What a lost session leaves is sent again, with the same origin-id.
 */
import type { Element } from '@rookery/protocol/xml'
import { Client, type Outgoing } from '../client/client.ts'
import type { Credentials, Place } from '../client/login.ts'
import type { SenderJournal } from '../journal.ts'
import type { Random } from '../random.ts'

export interface Addressee {
  readonly name: string
  /** How often it is chosen, compared with the others. */
  readonly weight: number
}

export interface SenderOptions {
  readonly place: Place
  readonly credentials: Credentials
  readonly journal: SenderJournal
  readonly random: Random
  readonly addressees: readonly Addressee[]
  /** Messages a second. */
  readonly rate: number
  /** Most messages without an acknowledgement. */
  readonly window: number
  fault(text: string): void
}

const tick = 20
/** Milliseconds without an acknowledgement after which the connection counts as dead. */
const patience = 8000
/** Milliseconds in which little is sent after an error: a server that is full need not be told a thousand times a second. */
const afterError = 300

export class Sender {
  readonly client: Client
  readonly #options: SenderOptions
  readonly #weights: Readonly<Record<string, number>>
  readonly #sentAt = new Map<number, number>()
  #budget = 0
  #untilAsk: number
  #progressAt = performance.now()
  #errorAt = Number.NEGATIVE_INFINITY
  #isSending = true
  #timer: NodeJS.Timeout | undefined
  /** Messages sent, and acknowledged: their numbers begin with 1. */
  sent = 0
  acked = 0
  /** Milliseconds from the first write to the acknowledgement. */
  readonly latencies: number[] = []

  constructor(options: SenderOptions) {
    this.#options = options
    this.#weights = Object.fromEntries(options.addressees.map(({ name, weight }) => [name, weight]))
    this.#untilAsk = options.random.integer(1, 10)
    this.client = new Client(
      { ...options, resource: 'sender', isManaged: true },
      {
        stanza: (element) => this.#stanza(element),
        asked: () => this.client.acknowledge(),
        acknowledged: (items) => this.#acknowledged(items),
        began: (rest) => this.#began(rest),
        resumed: (again) => this.#resumed(again),
        fault: options.fault,
        note: (text) => options.journal.note(text),
      },
    )
  }

  start(): void {
    this.client.start()
    this.#timer = setInterval(() => this.#work(), tick)
  }

  /** Sends nothing new any more; what is out is seen through. */
  finish(): void {
    this.#isSending = false
  }

  get isSettled(): boolean {
    return this.sent === this.acked
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.client.stop()
    this.#options.journal.close()
  }

  #work(): void {
    this.#options.journal.flush()
    const now = performance.now()
    const { client } = this
    if (!client.isOnline) {
      this.#progressAt = now
      return
    }
    const isWaiting = client.unacknowledged > 0
    if (!isWaiting) this.#progressAt = now
    else if (now - this.#progressAt > patience) {
      this.#progressAt = now
      return client.breakOff('drop')
    }
    this.#budget = Math.min(this.#budget + (this.#options.rate * tick) / 1000, this.#options.window)
    if (now - this.#errorAt < afterError) this.#budget = Math.min(this.#budget, 1)
    this.#pump()
    // the tail of a burst, and what was sent again, are asked for here
    if (isWaiting) client.ask()
  }

  #pump(): void {
    const { random, window, journal } = this.#options
    while (this.#isSending && this.client.isOnline && this.#budget >= 1 && this.client.unacknowledged < window) {
      const burst: Outgoing[] = []
      const room = Math.min(Math.floor(this.#budget), window - this.client.unacknowledged, this.#untilAsk)
      for (let i = 0; i < room; i++) burst.push(this.#compose())
      this.#budget -= room
      this.#untilAsk -= room
      const isDue = this.#untilAsk <= 0
      if (isDue) this.#untilAsk = random.integer(1, 10)
      journal.flush()
      this.client.send(burst, isDue)
    }
  }

  #compose(): Outgoing {
    const { random, journal, credentials, place } = this.#options
    const k = ++this.sent
    const to = random.weighted(this.#weights)
    const body = random.hex(32)
    journal.sent(k, to, body)
    this.#sentAt.set(k, performance.now())
    const id = `${credentials.username}-${k}`
    const wire = `<message type='chat' to='${to}@${place.host}' id='${id}'><body>${body}</body><origin-id xmlns='urn:xmpp:sid:0' id='${id}'/></message>`
    return { wire, k }
  }

  #acknowledged(items: readonly Outgoing[]): void {
    const now = performance.now()
    let latest = 0
    for (const { k } of items) {
      if (k === undefined) continue
      latest = k
      this.latencies.push(now - (this.#sentAt.get(k) ?? now))
      this.#sentAt.delete(k)
    }
    this.#progressAt = now
    if (latest <= this.acked) return
    this.acked = latest
    this.#options.journal.acked(latest)
    this.#pump()
  }

  #began(rest: readonly Outgoing[]): void {
    const messages = rest.filter((item) => item.k !== undefined)
    this.client.send([{ wire: '<presence/>' }])
    this.#resend(messages)
    this.client.send(messages, true)
  }

  #resumed(again: readonly Outgoing[]): void {
    this.#resend(again)
    if (again.length > 0) this.client.ask()
  }

  #resend(items: readonly Outgoing[]): void {
    for (const { k } of items) if (k !== undefined) this.#options.journal.resent(k)
    this.#options.journal.flush()
    this.#progressAt = performance.now()
  }

  #stanza(element: Element): void {
    if (element.name !== 'message' || element.attr('type') !== 'error') return
    const id = element.attr('id') ?? ''
    const k = Number(id.slice(id.lastIndexOf('-') + 1))
    const condition = element.child('error')?.firstElement()?.name ?? 'unknown'
    if (!Number.isInteger(k) || k < 1 || k > this.sent)
      return this.#options.fault(`an error came for ${id}, which was never sent`)
    this.#errorAt = performance.now()
    this.#options.journal.error(k, condition)
  }
}
