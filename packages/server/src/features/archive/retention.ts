/** Removes what is too old or too much, the oldest first, a little at a time. XEP-0313 1.1.3 section 3.2. */
import type { ArchiveStore } from '@rookery/storage'
import type { Powers } from '../../powers.ts'

export interface RetentionBounds {
  /** 0: for ever */
  readonly days: number
  /** 0: any number */
  readonly bytesPerAccount: number
}

const day = 86_400_000
const pause = 600_000
/** So few messages that nobody notices. */
const slice = 500
const pauseBetweenSlices = 1000

export class Retention {
  readonly #store: ArchiveStore
  readonly #powers: Pick<Powers, 'clock' | 'log'>
  readonly #bounds: RetentionBounds
  #timer: Disposable | undefined
  #isStopped = false

  constructor(store: ArchiveStore, bounds: RetentionBounds, powers: Pick<Powers, 'clock' | 'log'>) {
    this.#store = store
    this.#bounds = bounds
    this.#powers = powers
  }

  start(): void {
    const { days, bytesPerAccount } = this.#bounds
    if (days > 0 || bytesPerAccount > 0) this.#wait(pauseBetweenSlices)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.[Symbol.dispose]()
  }

  #wait(ms: number): void {
    if (this.#isStopped) return
    this.#timer = this.#powers.clock.after(ms, () => {
      this.#trim().then(
        (removed) => this.#wait(removed < slice ? pause : pauseBetweenSlices),
        (error) => {
          this.#powers.log.error({ error }, 'old messages could not be removed from the archive')
          this.#wait(pause)
        },
      )
    })
  }

  #trim(): Promise<number> {
    const { days, bytesPerAccount } = this.#bounds
    return this.#store.trim(
      {
        ...(days > 0 && { olderThan: this.#powers.clock.now() - days * day }),
        ...(bytesPerAccount > 0 && { bytes: bytesPerAccount }),
      },
      slice,
    )
  }
}
