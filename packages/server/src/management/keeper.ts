/** What is stored of one session that can be resumed: how far each side has come, and what waits for the client. */
import { onWire } from '@rookery/protocol/stream'
import type { ResumptionStore } from '@rookery/storage'
import type { Log } from '../powers.ts'
import type { Spool } from '../spool.ts'
import type { Sent } from './line.ts'

/** How far a session has come. `state` is '' while the client is connected, and once the session is over. `until` in milliseconds since the epoch. */
export interface Progress {
  readonly handled: number
  readonly acknowledged: number
  readonly until: number
  readonly state: string
}

interface Taken {
  readonly seq: number
  readonly ids: readonly number[]
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
  readonly #spool: Spool
  /** What could not be stored: it comes before whatever is stored next, because nothing is kept of a session that is not known. */
  #lost: Progress | undefined
  /** What the client has, and could not be removed: nothing is promised to the client before it is, else it might get it again. */
  #owed: Taken | undefined
  #acknowledging: Promise<void> | undefined
  #reached: number
  #reachedStored: number
  #isReaching = false

  constructor(
    store: ResumptionStore,
    spool: Spool,
    log: Log,
    what: {
      readonly id: string
      readonly local: string
      readonly resource: string
      readonly seconds: number
      readonly reached: number
    },
  ) {
    this.#store = store
    this.#spool = spool
    this.#log = log
    this.id = what.id
    this.local = what.local
    this.resource = what.resource
    this.seconds = what.seconds
    this.#reached = this.#reachedStored = what.reached
  }

  /** `ids`: what the client has of the spool. */
  put(progress: Progress, ids: readonly number[] = []): Promise<void> {
    const { id, local, resource } = this
    const { acknowledged, until, state } = progress
    this.#lost = undefined
    const handled = onWire(progress.handled)
    const taken = this.#withOwed({ seq: acknowledged, ids })
    return this.#store
      .put({ id, local, resource, handled, acknowledged, until, state, reached: this.#reached }, taken.ids)
      .then(
        () => {
          this.#lost = undefined
          this.#spool.forget(local, taken.ids)
        },
        (error) => {
          this.#lost = progress
          this.#owed = this.#withOwed(taken)
          throw error
        },
      )
  }

  async setHandled(handled: number): Promise<undefined> {
    this.reached(0, true)
    await this.#known(() => this.#store.setHandled(this.id, onWire(handled)))
    await this.#acknowledging
    if (this.#owed !== undefined) await this.#remove(this.#withOwed())
  }

  async enqueue(sent: readonly Sent[]): Promise<undefined> {
    const stanzas = sent.map(({ seq, at, wire, delivery }) => {
      if (delivery !== undefined) delivery.isStored = true
      return { seq, at, id: delivery?.id ?? 0, isTaken: delivery?.isTaken === true, stanza: wire }
    })
    await this.#known(() => this.#store.enqueue(this.id, stanzas))
  }

  /** Also once it is found that the session was not stored when that began. */
  async #known(write: () => Promise<void>): Promise<void> {
    if (this.#lost === undefined) await write()
    if (this.#lost === undefined) return
    await this.put(this.#lost)
    await write()
  }

  /** The client has what was sent up to `seq`, and these of the spool. */
  acknowledge(seq: number, ids: readonly number[]): void {
    this.#acknowledging = this.#remove(this.#withOwed({ seq, ids })).catch((error) => this.failed(error))
  }

  /**
   * Clients of the account have got what is in its archive up to this id: after a crash the rest is delivered anew. While one is being stored,
   * only the greatest of those that come meanwhile has to be, unless something is to be stored or told that follows from it.
   */
  reached(id: number, isUrgent = false): void {
    this.#reached = Math.max(this.#reached, id)
    if (this.#reached > this.#reachedStored && (isUrgent || !this.#isReaching)) this.#storeReached()
  }

  #storeReached(): void {
    const reached = this.#reached
    this.#reachedStored = reached
    this.#isReaching = true
    this.#store
      .setReached(this.id, reached)
      .catch((error) => this.failed(error))
      .finally(() => {
        if (reached !== this.#reachedStored) return // another is under way
        this.#isReaching = false
        if (this.#reached > reached) this.#storeReached()
      })
  }

  #remove(taken: Taken): Promise<void> {
    return this.#store.acknowledge(this, taken.seq, taken.ids).then(
      () => this.#spool.forget(this.local, taken.ids),
      (error) => {
        this.#owed = this.#withOwed(taken)
        throw error
      },
    )
  }

  /** Takes what is owed. */
  #withOwed(more: Taken = { seq: 0, ids: [] }): Taken {
    const owed = this.#owed
    this.#owed = undefined
    return owed === undefined ? more : { seq: Math.max(owed.seq, more.seq), ids: [...owed.ids, ...more.ids] }
  }

  /** Nothing of the queue from there on is to be found after a restart. */
  removeFrom(seq: number): void {
    this.#store.removeFrom(this.id, seq).catch((error) => this.failed(error))
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
