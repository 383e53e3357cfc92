/**
 * Keeps what is known of an own node up to date: fetches it at the start of each session, and whenever the server begins to tell of changes, as
 * what changed before it did is told to nobody [XEP-0163 4.2]. One after the other.
 */
import type { Core } from '../../contract/extension.ts'
import { guardWork } from '../../contract/guard.ts'
import { type WaitOptions, within } from '../../contract/within.ts'
import { presence } from '../presence/index.ts'

export class Fetches {
  readonly #core: Core
  readonly #fetch: () => Promise<undefined>
  #last: Promise<unknown> = Promise.resolve()
  /** Has not begun yet, and so will see all. */
  #next: Promise<undefined> | undefined

  constructor(core: Core, fetch: () => Promise<undefined>) {
    this.#core = core
    this.#fetch = fetch
    core.use(presence).told.push(() => this.again())
    core.onSession('appear', async ({ resumed, restored }) => {
      if (resumed && !restored) return
      // one that was begun without a connection waits for the end of this
      this.#last = Promise.resolve()
      this.#next = undefined
      await this.now()
    })
  }

  again(): void {
    void guardWork(this.#core.failed, () => this.now())
  }

  now(options: WaitOptions = {}): Promise<undefined> {
    this.#next ??= this.#last.then(() => {
      this.#next = undefined
      return this.#fetch()
    })
    this.#last = this.#next.catch(() => undefined)
    return within(this.#core.clock, this.#next, options)
  }
}
