/** What is stored of one session that can be resumed: how far each side has come, and what waits for the client. */
import { onWire } from '@rookery/protocol/stream'
import type { ResumptionStore } from '@rookery/storage'
import type { Log } from '../powers.ts'
import type { Sent } from './management.ts'

/** How far a session has come. `state` is '' while the client is connected, and once the session is over. `until` in milliseconds since the epoch. */
export interface Progress {
  readonly handled: number
  readonly acknowledged: number
  readonly until: number
  readonly state: string
}

export class Keeper {
  /** What the client resumes the session by. */
  readonly id: string
  readonly local: string
  readonly resource: string
  /** How long the client may stay away. */
  readonly seconds: number
  readonly #store: ResumptionStore
  readonly #log: Log
  /** What could not be stored: it comes before whatever is stored next, because nothing is kept of a session that is not known. */
  #lost: Progress | undefined

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

  put(progress: Progress): Promise<void> {
    const { id, local, resource } = this
    const { acknowledged, until, state } = progress
    this.#lost = undefined
    return this.#store.put({ id, local, resource, handled: onWire(progress.handled), acknowledged, until, state }).then(
      () => {
        this.#lost = undefined
      },
      (error) => {
        this.#lost = progress
        throw error
      },
    )
  }

  async setHandled(handled: number): Promise<undefined> {
    await this.#known(() => this.#store.setHandled(this.id, onWire(handled)))
  }

  async enqueue(sent: readonly Sent[]): Promise<undefined> {
    const stanzas = sent.map(({ seq, at, wire }) => ({ seq, at, stanza: wire }))
    await this.#known(() => this.#store.enqueue(this.id, stanzas))
  }

  /** Also once it is found that the session was not stored when that began. */
  async #known(write: () => Promise<void>): Promise<void> {
    if (this.#lost === undefined) await write()
    if (this.#lost === undefined) return
    await this.put(this.#lost)
    await write()
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
