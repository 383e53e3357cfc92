/** What is stored of one session that can be resumed: how far each side has come, and what waits for the client. */
import { onWire } from '@rookery/protocol/stream'
import type { ResumptionStore } from '@rookery/storage'
import type { Log } from '../powers.ts'
import type { Sent } from './management.ts'

export class Keeper {
  /** What the client resumes the session by. */
  readonly id: string
  readonly local: string
  readonly resource: string
  /** How long the client may stay away. */
  readonly seconds: number
  readonly #store: ResumptionStore
  readonly #log: Log

  constructor(
    store: ResumptionStore,
    log: Log,
    what: { readonly id: string; readonly local: string; readonly resource: string; readonly seconds: number },
  ) {
    this.#store = store
    this.#log = log
    this.id = what.id
    this.local = what.local
    this.resource = what.resource
    this.seconds = what.seconds
  }

  /** `state` is '' while the client is connected, and once the session is over. Times in milliseconds since the epoch. */
  put(progress: { handled: number; acknowledged: number; until: number; state: string }): Promise<void> {
    const { id, local, resource } = this
    const { acknowledged, until, state } = progress
    return this.#store.put({ id, local, resource, handled: onWire(progress.handled), acknowledged, until, state })
  }

  async setHandled(handled: number): Promise<undefined> {
    await this.#store.setHandled(this.id, onWire(handled))
  }

  async enqueue(sent: readonly Sent[]): Promise<undefined> {
    await this.#store.enqueue(
      this.id,
      sent.map(({ seq, at, wire }) => ({ seq, at, stanza: wire })),
    )
  }

  acknowledge(seq: number): void {
    this.#store.acknowledge(this.id, seq).catch((error) => this.failed(error))
  }

  remove(): void {
    this.#store.remove(this.id).catch((error) => this.failed(error))
  }

  failed(error: unknown): undefined {
    this.#log.error(
      { account: this.local, error },
      'a session could not be stored; it cannot be resumed after a restart',
    )
  }
}
