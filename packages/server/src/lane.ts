/**
 * The order of one stream whose stanzas wait for commits: what waits joins the commit under way, the rest goes on
 * behind it in the order of arrival. Bounded in bytes: over the bound the stream is held. docs/decisions/0003.
 */
import type { Maybe } from '@rookery/protocol'
import type { Element } from '@rookery/protocol/xml'

export class Lane {
  readonly #bound: number
  readonly #failed: (error: unknown) => void
  #tail: Promise<void> | undefined
  #bytes = 0

  /** `bound` in bytes; `failed` is told of anything that `proceed` throws. */
  constructor(bound: number, failed: (error: unknown) => void) {
    this.#bound = bound
    this.#failed = failed
  }

  get isBusy(): boolean {
    return this.#tail !== undefined
  }

  /**
   * Something of this stream is being made durable: nobody behind it need wait, but its bytes count. Returns a promise
   * when the caller should take no further stanza until it resolves.
   */
  settle(bytes: number, commit: Promise<undefined>): Maybe<undefined> {
    this.#bytes += bytes
    const settled = commit.catch(this.#failed).then(() => {
      this.#bytes -= bytes
      return undefined
    })
    return this.#bytes > this.#bound ? settled : undefined
  }

  /**
   * Goes on with `proceed` when `begun` is there and everybody who entered before has gone on. Returns a promise when
   * the caller should take no further stanza until it resolves.
   */
  enter(bytes: number, begun: Maybe<unknown>, proceed: () => Maybe<undefined>, refused: () => void): Maybe<undefined> {
    if (this.#tail === undefined && !(begun instanceof Promise)) return proceed()
    this.#bytes += bytes
    const before = this.#tail
    const turn: Promise<void> = (async () => {
      let committed = true
      try {
        await begun
      } catch (error) {
        committed = false
        this.#failed(error)
      }
      await before
      this.#bytes -= bytes
      try {
        if (committed) await proceed()
        else refused()
      } catch (error) {
        this.#failed(error)
      }
    })().then(() => {
      if (this.#tail === turn) this.#tail = undefined
    })
    this.#tail = turn
    return this.#bytes > this.#bound ? turn.then(() => undefined) : undefined
  }
}

/** About how many bytes an element keeps in memory while it waits. */
export function weightOf(element: Element): number {
  return 500 + (element.inner?.length ?? 0)
}
