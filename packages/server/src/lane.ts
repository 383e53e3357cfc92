/**
 * The order of one stream whose stanzas wait for commits: what waits joins the commit under way, the rest goes on
 * behind it in the order of arrival. A message may wait on the side of its sender and again on that of its recipient:
 * each side has its own turns. Bounded in bytes: over the bound the stream is held. docs/decisions/0003.
 */
import { type Maybe, then } from '@rookery/protocol'
import type { Element } from '@rookery/protocol/xml'

export class Lane {
  readonly #bound: number
  readonly #failed: (error: unknown) => void
  #out: Turns | undefined
  #in: Turns | undefined

  /** `bound` in bytes, of each side; `failed` is told of anything that is thrown. */
  constructor(bound: number, failed: (error: unknown) => void) {
    this.#bound = bound
    this.#failed = failed
  }

  /** Those on the side of their sender. Made when the first stanza comes: most sessions are idle. */
  get out(): Turns {
    this.#out ??= new Turns(this.#bound, this.#failed)
    return this.#out
  }

  /** Those that have come from there to the side of their recipient. */
  get in(): Turns {
    this.#in ??= new Turns(this.#bound, this.#failed)
    return this.#in
  }

  get isBusy(): boolean {
    return this.#out?.isBusy === true || this.#in?.isBusy === true
  }

  /**
   * Goes on with `proceed` when everybody who entered before, on either side, has gone on, and what is being stored is:
   * the answer to a request says that what was sent before is safe. docs/decisions/0015.
   */
  pass(bytes: number, proceed: () => Maybe<undefined>, refused: () => void): Maybe<undefined> {
    const whenSettled = (): Maybe<undefined> => then(this.#settled(), proceed)
    return this.out.enter(bytes, undefined, () => this.in.enter(bytes, undefined, whenSettled, refused), refused)
  }

  #settled(): Maybe<undefined> {
    return then(this.#out?.settled(), () => this.#in?.settled())
  }

  /** Resolves when nobody waits any more. */
  async idle(): Promise<void> {
    while (this.isBusy) {
      await this.out.idle()
      await this.in.idle()
      await this.#settled()
    }
  }
}

/** One side of a lane. */
class Turns {
  readonly #bound: number
  readonly #failed: (error: unknown) => void
  #tail: Promise<void> | undefined
  #bytes = 0
  #settling = 0
  #whenSettled: PromiseWithResolvers<undefined> | undefined

  constructor(bound: number, failed: (error: unknown) => void) {
    this.#bound = bound
    this.#failed = failed
  }

  get isBusy(): boolean {
    return this.#tail !== undefined || this.#settling > 0
  }

  /** Waits until nothing is being stored. */
  settled(): Maybe<undefined> {
    if (this.#settling === 0) return undefined
    this.#whenSettled ??= Promise.withResolvers()
    return this.#whenSettled.promise
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
      if (--this.#settling === 0) {
        this.#whenSettled?.resolve(undefined)
        this.#whenSettled = undefined
      }
      return undefined
    })
    return this.#bytes > this.#bound ? settled : undefined
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

  async idle(): Promise<void> {
    while (this.#tail !== undefined) await this.#tail
  }
}

/** About how many bytes an element keeps in memory while it waits. */
export function weightOf(element: Element): number {
  return 500 + (element.inner?.length ?? 0)
}
