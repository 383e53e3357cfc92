/** A message on its way, as the object its sender holds: where it is, and what to do when it failed. */
import type { Jid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { onAbort } from '../contract/abort.ts'
import { type ClientError, UsageError } from '../contract/errors.ts'

export type Fate =
  /** Kept here; not sent yet. */
  | 'queued'
  /** On the wire; the server may or may not have it. */
  | 'sent'
  /** The server has it. */
  | 'acked'
  /** A device of the recipient has it (XEP-0184), or the room has passed it on. */
  | 'delivered'
  /** The recipient has seen it (XEP-0333). */
  | 'displayed'
  /** It was refused, or could not be kept; `error` says why. */
  | 'failed'

/** What the outbox does for its messages. */
export interface SentParts {
  readonly again: (message: SentMessage) => void
  readonly drop: (message: SentMessage) => void
  readonly guard: (run: () => unknown) => unknown
}

const order: readonly Fate[] = ['queued', 'sent', 'acked', 'delivered', 'displayed']

export class SentMessage {
  readonly to: Jid
  /** When it was handed over, in ms since 1970. */
  readonly at: number
  /** What a room called it, once the room has passed it on: by this others refer to it (XEP-0359). */
  stanzaId: string | undefined
  #stanza: Message
  #fate: Fate = 'queued'
  #error: ClientError | undefined
  readonly #parts: SentParts
  readonly #listeners: Set<(message: SentMessage) => unknown> = new Set()

  /** For the outbox: others get one by sending. */
  constructor(stanza: Message, at: number, parts: SentParts) {
    this.#stanza = stanza
    this.to = stanza.to!
    this.at = at
    this.#parts = parts
  }

  /** Its id and origin-id; another one after `retry()`. */
  get id(): string {
    return this.#stanza.id!
  }

  get stanza(): Message {
    return this.#stanza
  }

  get fate(): Fate {
    return this.#fate
  }

  /** Why it failed. */
  get error(): ClientError | undefined {
    return this.#error
  }

  /** Calls `listener` after each change of `fate`; the answer stops it. What it throws is told as the event `error`. */
  onChange(listener: (message: this) => unknown): () => void {
    const run = (): unknown => listener(this)
    this.#listeners.add(run)
    return () => {
      this.#listeners.delete(run)
    }
  }

  /** Resolves when it has come so far, or further; rejects with its error when it failed, with the signal's reason when that is aborted. */
  async reached(
    fate: Exclude<Fate, 'failed'>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<this> {
    const { signal } = options
    const wanted = order.indexOf(fate)
    if (wanted < 0) throw new UsageError(`"${fate}" is no fate.`)
    for (;;) {
      if (this.#fate === 'failed') throw this.#error!
      if (order.indexOf(this.#fate) >= wanted) return this
      signal?.throwIfAborted()
      await new Promise<void>((resolve) => {
        const stop = this.onChange(done)
        const forget = onAbort(signal, done)
        function done(): void {
          stop()
          forget()
          resolve()
        }
      })
    }
  }

  /** Sends it again, as a new message with a new id. Only after it failed. */
  retry(): void {
    if (this.#fate !== 'failed') throw new UsageError(`This message has not failed: it is ${this.#fate}.`)
    this.#parts.again(this)
  }

  /**
   * Takes back what waits: it has failed then, and `retry()` sends it later. False when it is not `queued`: nothing can be done. One that was
   * sent in a session that is lost may have arrived all the same.
   */
  cancel(): boolean {
    if (this.#fate !== 'queued') return false
    this.advance('failed', new UsageError('It was cancelled.'))
    this.#parts.drop(this)
    return true
  }

  /**
   * For those who learn of it: it has come so far. Never goes back, but for what was sent over a connection that is gone, and what was refused
   * before somebody had it: another device, or a server that learnt of a broken connection, may refuse it later.
   */
  advance(fate: Fate, error?: ClientError): void {
    if (this.#fate === fate || (this.#fate === 'failed' && fate !== 'queued')) return
    const now = order.indexOf(this.#fate)
    if (order.indexOf(fate) < now && (now > 2 || (fate !== 'failed' && fate !== 'queued'))) return
    this.#fate = fate
    this.#error = error
    for (const listener of [...this.#listeners]) this.#parts.guard(() => listener(this))
  }

  /** For the outbox: the stanza to send now. */
  replace(stanza: Message): void {
    this.stanzaId = undefined
    this.#stanza = stanza
  }
}
