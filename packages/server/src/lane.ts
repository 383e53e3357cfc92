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
  #settling = 0
  /** Resolves when whatever was being stored when it was made is. */
  #settled: Promise<void> = nothing

  /** `bound` in bytes; `failed` is told of anything that is thrown. */
  constructor(bound: number, failed: (error: unknown) => void) {
    this.#bound = bound
    this.#failed = failed
  }

  get isBusy(): boolean {
    return this.#tail !== undefined || this.#settling > 0
  }

  /**
   * Goes on with `proceed` when `begun` is there and everybody who entered before has gone on; `refused` instead when
   * `begun` could not be, or besides when `proceed` fails. Returns a promise when the caller should take no further
   * stanza until it resolves.
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
        if (committed) return void (await proceed())
      } catch (error) {
        this.#failed(error)
      }
      refused()
    })()
      .catch(this.#failed)
      .then(() => {
        if (this.#tail === turn) this.#tail = undefined
      })
    this.#tail = turn
    return this.#bytes > this.#bound ? turn.then(() => undefined) : undefined
  }

  /**
   * Goes on with `proceed` when everybody who entered before has gone on, and what is being stored is: the answer to a
   * request says that what was sent before is safe. docs/decisions/0015.
   */
  pass(bytes: number, proceed: () => Maybe<undefined>, refused: () => void): Maybe<undefined> {
    const whenSettled = (): Maybe<undefined> => (this.#settling === 0 ? proceed() : this.#settled.then(proceed))
    return this.enter(bytes, undefined, whenSettled, refused)
  }

  /**
   * Something of this stream is being made durable: the messages behind it need not wait, but its bytes count. Returns
   * a promise when the caller should take no further stanza until it resolves.
   */
  settle(bytes: number, commit: Promise<undefined>): Maybe<undefined> {
    this.#bytes += bytes
    this.#settling++
    const settled = commit.catch(this.#failed).then(() => {
      this.#bytes -= bytes
      this.#settling--
      return undefined
    })
    const before = this.#settled
    this.#settled = settled.then(() => before)
    return this.#bytes > this.#bound ? settled : undefined
  }

  /** What has entered so far has gone on, and what it stored is durable; holds nobody up. */
  done(): Maybe<undefined> {
    if (!this.isBusy) return undefined
    return (this.#tail ?? nothing).then(() => this.#settled).then(() => undefined)
  }

  /** Resolves when nobody waits any more. */
  async idle(): Promise<void> {
    while (this.isBusy) await this.done()
  }
}

const nothing: Promise<void> = Promise.resolve()

/** About how many bytes an element keeps in memory while it waits. */
export function weightOf(element: Element): number {
  return 500 + (element.inner?.length ?? 0)
}
