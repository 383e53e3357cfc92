/** What one sender did and was told, by the number of the message. */
import type { SenderHistory } from '../history.ts'

export class Ledger {
  readonly name: string
  /** Recipient and body of message k at place k; place 0 stays empty. */
  readonly #to: string[] = ['']
  readonly #body: string[] = ['']
  readonly #errors = new Map<number, string>()
  readonly #resent = new Set<number>()
  readonly #retried = new Set<number>()
  #acked = 0

  constructor({ name, events }: SenderHistory) {
    this.name = name
    for (const event of events) {
      switch (event.kind) {
        case 'sent':
          if (event.k !== this.sent + 1) throw new Error(`the journal of ${name} jumps from ${this.sent} to ${event.k}`)
          this.#to.push(event.to)
          this.#body.push(event.body)
          break
        case 'resent':
          this.#resent.add(event.k)
          // after an error that is another try, with an outcome and a place of its own
          if (this.#errors.delete(event.k)) this.#retried.add(event.k)
          break
        case 'acked':
          if (event.through > this.sent || event.through < this.#acked)
            throw new Error(`the journal of ${name} has an acknowledgement of ${event.through} at ${this.sent}`)
          this.#acked = event.through
          break
        case 'error':
          this.#errors.set(event.k, event.condition)
      }
    }
  }

  get sent(): number {
    return this.#to.length - 1
  }

  get acknowledged(): number {
    return this.#acked
  }

  get errors(): number {
    return this.#errors.size
  }

  get resent(): number {
    return this.#resent.size
  }

  isAcked(k: number): boolean {
    return k <= this.#acked
  }

  /** The server took responsibility, and did not say otherwise. */
  isPromised(k: number): boolean {
    return k <= this.#acked && !this.#errors.has(k)
  }

  /** Acknowledged, and not after a first try that failed: its place is behind the message before it. */
  hasPlace(k: number): boolean {
    return k <= this.#acked && !this.#retried.has(k)
  }

  wasResent(k: number): boolean {
    return this.#resent.has(k)
  }

  errorOf(k: number): string | undefined {
    return this.#errors.get(k)
  }

  to(k: number): string | undefined {
    return this.#to[k]
  }

  body(k: number): string | undefined {
    return this.#body[k]
  }
}

export class Ledgers {
  readonly #bySender = new Map<string, Ledger>()

  constructor(senders: readonly SenderHistory[]) {
    for (const sender of senders) this.#bySender.set(sender.name, new Ledger(sender))
  }

  get all(): Ledger[] {
    return [...this.#bySender.values()]
  }

  of(name: string): Ledger | undefined {
    return this.#bySender.get(name)
  }

  /** The ledger and the number behind an origin-id; undefined when no such message was sent. */
  find(origin: string): { readonly ledger: Ledger; readonly k: number } | undefined {
    const dash = origin.lastIndexOf('-')
    const ledger = this.#bySender.get(origin.slice(0, dash))
    const k = Number(origin.slice(dash + 1))
    return dash > 0 && ledger !== undefined && Number.isInteger(k) && k >= 1 && k <= ledger.sent
      ? { ledger, k }
      : undefined
  }
}
