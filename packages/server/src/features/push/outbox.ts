/**
 * What there is to tell the devices of accounts, and when: for each registration one notification at a time and not too often; what comes
 * meanwhile is counted. Counts begin anew when somebody is there again, and with the process.
 */
import type { Jid } from '@rookery/protocol/jid'
import type { ClockPower } from '../../powers.ts'
import { isSamePlace, type Registration } from './registration.ts'
import { isHopeless, mostTries, type Outcome, pauseAfter } from './verdict.ts'

/** What an account has not seen. */
export interface Unseen {
  messages: number
  sender: Jid | undefined
  /** Of the last message, where it can be read. */
  body: string | undefined
  /** Somebody is calling. */
  isUrgent: boolean
}

export interface OutboxParts {
  readonly clock: ClockPower
  readonly interval: number
  /** Accounts that may have something unseen. */
  readonly accounts: number
  /** One try; neither throws nor rejects. 'crowded': it was not even begun. */
  send(local: string, registration: Registration, unseen: Readonly<Unseen>): Promise<Outcome | 'crowded'>
  /** Never again. */
  gone(local: string, registration: Registration): void
}

interface Delivery {
  registration: Registration
  /** There is something it has not told. */
  hasNews: boolean
  isSending: boolean
  timer: Disposable | undefined
  /** When it may try again, by the monotonic clock. */
  next: number
  tries: number
  failures: number
  failingSince: number
}

interface Account {
  readonly unseen: Unseen
  readonly deliveries: Delivery[]
}

/** How long a try that found no place waits. */
const crowdedPause = 10_000
/** Places of one account whose rates are remembered, when it registers one after the other. */
const mostDeliveries = 200

export class Outbox {
  readonly #parts: OutboxParts
  readonly #accounts = new Map<string, Account>()
  #isStopped = false

  constructor(parts: OutboxParts) {
    this.#parts = parts
  }

  /** Something has come that these devices are to be told of. */
  add(local: string, registrations: readonly Registration[], note: (unseen: Unseen) => void): void {
    if (this.#isStopped || registrations.length === 0) return
    const account = this.#accounts.get(local) ?? this.#open(local)
    note(account.unseen)
    for (const registration of registrations) {
      const delivery = deliveryOf(account, registration)
      delivery.hasNews = true
      delivery.tries = 0
      this.#schedule(local, account, delivery)
    }
  }

  /** Somebody is there: nothing is unseen. What failed is remembered. */
  seen(local: string): void {
    const account = this.#accounts.get(local)
    if (account === undefined) return
    Object.assign(account.unseen, nothing())
    for (const delivery of account.deliveries) {
      delivery.hasNews = false
      delivery.timer?.[Symbol.dispose]()
      delivery.timer = undefined
    }
    if (account.deliveries.every(({ isSending, failures }) => !isSending && failures === 0))
      this.#accounts.delete(local)
  }

  forget(local: string): void {
    for (const { timer } of this.#accounts.get(local)?.deliveries ?? []) timer?.[Symbol.dispose]()
    this.#accounts.delete(local)
  }

  stop(): void {
    this.#isStopped = true
    for (const local of [...this.#accounts.keys()]) this.forget(local)
  }

  #open(local: string): Account {
    if (this.#accounts.size >= this.#parts.accounts) this.#makeRoom()
    const account = { unseen: nothing(), deliveries: [] }
    this.#accounts.set(local, account)
    return account
  }

  /** The account that had nothing to tell for the longest time begins to count anew. */
  #makeRoom(): void {
    let oldest: string | undefined
    for (const [local, { deliveries }] of this.#accounts) {
      oldest ??= local
      if (deliveries.some(({ hasNews, isSending }) => hasNews || isSending)) continue
      this.forget(local)
      return
    }
    if (oldest !== undefined) this.forget(oldest)
  }

  #schedule(local: string, account: Account, delivery: Delivery): void {
    if (delivery.isSending || delivery.timer !== undefined || !delivery.hasNews) return
    const wait = delivery.next - this.#parts.clock.monotonic()
    if (wait <= 0) return this.#send(local, account, delivery)
    delivery.timer = this.#parts.clock.after(wait, () => {
      delivery.timer = undefined
      this.#send(local, account, delivery)
    })
  }

  #send(local: string, account: Account, delivery: Delivery): void {
    const { clock, interval } = this.#parts
    delivery.hasNews = false
    delivery.isSending = true
    delivery.next = clock.monotonic() + interval
    const { registration } = delivery
    this.#parts.send(local, registration, { ...account.unseen }).then((outcome) => {
      delivery.isSending = false
      if (this.#isStopped || this.#accounts.get(local) !== account) return
      this.#learn(local, account, delivery, registration, outcome)
      this.#schedule(local, account, delivery)
    })
  }

  #learn(
    local: string,
    account: Account,
    delivery: Delivery,
    registration: Registration,
    outcome: Outcome | 'crowded',
  ): void {
    const now = this.#parts.clock.monotonic()
    if (outcome === 'sent') {
      delivery.failures = 0
      if (!delivery.hasNews) account.unseen.isUrgent = false
      return
    }
    if (outcome === 'crowded') {
      delivery.hasNews ||= ++delivery.tries < mostTries
      delivery.next = now + crowdedPause
      return
    }
    if (delivery.failures++ === 0) delivery.failingSince = now
    if (outcome === 'gone' || isHopeless(delivery.failures, now - delivery.failingSince)) {
      account.deliveries.splice(account.deliveries.indexOf(delivery), 1)
      delivery.hasNews = false
      this.#parts.gone(local, registration)
      return
    }
    delivery.hasNews ||= ++delivery.tries < mostTries // the next message is another occasion
    delivery.next = now + pauseAfter(delivery.failures)
  }
}

function nothing(): Unseen {
  return { messages: 0, sender: undefined, body: undefined, isUrgent: false }
}

/** One that registered anew with other options gets another chance. */
function deliveryOf(account: Account, registration: Registration): Delivery {
  const { deliveries } = account
  const found = deliveries.find((one) => isSamePlace(one.registration, registration))
  if (found !== undefined) {
    if (found.registration.options !== registration.options) found.failures = 0
    found.registration = registration
    return found
  }
  if (deliveries.length >= mostDeliveries) {
    const idle = deliveries.findIndex(({ hasNews, isSending }) => !hasNews && !isSending)
    if (idle >= 0) deliveries.splice(idle, 1)
  }
  const made: Delivery = {
    registration,
    hasNews: false,
    isSending: false,
    timer: undefined,
    next: 0,
    tries: 0,
    failures: 0,
    failingSince: 0,
  }
  deliveries.push(made)
  return made
}
