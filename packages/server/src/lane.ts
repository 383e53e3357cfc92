/**
 * The order of one stream whose stanzas wait for commits: what waits joins the commit under way, the rest goes on
 * behind it in the order of arrival. Bounded in bytes: over the bound the stream is held. docs/decisions/0003.
 */
import type { Maybe } from '@rookery/protocol'
import type { Element } from '@rookery/protocol/xml'

/** Something that goes on in its turn. */
export abstract class Turn {
  /** About what it keeps in memory while it waits. */
  readonly bytes: number
  /** Commits that have not been made yet. */
  waits = 0
  /** What they resolved with, once it goes on. */
  result: unknown
  otherResult: unknown
  isCommitted = true
  #over: PromiseWithResolvers<undefined> | undefined

  constructor(bytes: number) {
    this.bytes = bytes
  }

  /** When its commits are there and everybody who entered before has gone on. */
  abstract proceed(): Maybe<undefined>

  /** Instead when one of them could not be, or besides when `proceed` fails. */
  abstract refused(): void

  /** Resolves when it has gone on. */
  whenOver(): Promise<undefined> {
    this.#over ??= Promise.withResolvers()
    return this.#over.promise
  }

  /** Said by the lane. */
  markOver(): void {
    this.#over?.resolve(undefined)
  }
}

export class Lane {
  readonly #bound: number
  readonly #failed: (error: unknown) => void
  /** In the order of arrival; one that goes on stays the first until it has. */
  readonly #turns: Turn[] = []
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
    return this.#turns.length > 0 || this.#settling > 0
  }

  /**
   * Lets it go on when the commits that have begun for it are there and everybody who entered before has gone on. Returns a
   * promise when the caller should take no further stanza until it resolves.
   */
  enter(turn: Turn, begun: Maybe<unknown>, alsoBegun?: Maybe<unknown>): Maybe<undefined> {
    const waits = (begun instanceof Promise ? 1 : 0) + (alsoBegun instanceof Promise ? 1 : 0)
    if (waits === 0 && this.#turns.length === 0) return turn.proceed()
    this.#bytes += turn.bytes
    this.#turns.push(turn)
    if (waits > 0) {
      turn.waits = waits
      this.#await(turn, begun, alsoBegun)
    }
    return this.#bytes > this.#bound ? turn.whenOver() : undefined
  }

  /**
   * Goes on with `proceed` when everybody who entered before has gone on, and what is being stored is: the answer to a
   * request says that what was sent before is safe. docs/decisions/0015. The stream is held until it has: what it does may
   * take long, and a message behind it that had begun would keep those of others to the same account waiting.
   */
  pass(bytes: number, proceed: () => Maybe<undefined>): Maybe<undefined> {
    const whenSettled = (): Maybe<undefined> => (this.#settling === 0 ? proceed() : this.#settled.then(proceed))
    const isFirst = this.#turns.length === 0
    const turn = new Passing(bytes, whenSettled)
    const wait = this.enter(turn, undefined)
    return isFirst ? wait : turn.whenOver()
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
    return (this.#turns.at(-1)?.whenOver() ?? nothing).then(() => this.#settled).then(() => undefined)
  }

  /** Resolves when nobody waits any more. */
  async idle(): Promise<void> {
    while (this.isBusy) await this.done()
  }

  #await(turn: Turn, begun: Maybe<unknown>, alsoBegun: Maybe<unknown>): void {
    const committed = (): void => {
      // the first has gone on already where it waits for no commit any more
      if (--turn.waits === 0 && turn === this.#turns[0]) this.#goOn()
    }
    const failed = (error: unknown): void => {
      turn.isCommitted = false
      this.#failed(error)
      committed()
    }
    if (begun instanceof Promise) {
      const first = (result: unknown): void => {
        turn.result = result
        committed()
      }
      begun.then(first, failed)
    }
    if (alsoBegun instanceof Promise) {
      const other = (result: unknown): void => {
        turn.otherResult = result
        committed()
      }
      alsoBegun.then(other, failed)
    }
  }

  /** From the first on, as far as nobody waits. */
  #goOn(): void {
    for (let turn = this.#turns[0]; turn !== undefined && turn.waits === 0; turn = this.#turns[0]) {
      this.#bytes -= turn.bytes
      const going = this.#proceed(turn)
      if (going instanceof Promise) return this.#goOnAfter(turn, going)
      this.#over(turn)
    }
  }

  #goOnAfter(turn: Turn, going: Promise<undefined>): void {
    going
      .catch((error) => this.#fault(turn, error))
      .then(() => {
        this.#over(turn)
        this.#goOn()
      })
  }

  #over(turn: Turn): void {
    this.#turns.shift()
    turn.markOver()
  }

  /** Throws nothing. */
  #proceed(turn: Turn): Maybe<undefined> {
    if (!turn.isCommitted) return this.#refuse(turn)
    try {
      return turn.proceed()
    } catch (error) {
      return this.#fault(turn, error)
    }
  }

  #fault(turn: Turn, error: unknown): undefined {
    this.#failed(error)
    return this.#refuse(turn)
  }

  #refuse(turn: Turn): undefined {
    try {
      turn.refused()
    } catch (fault) {
      this.#failed(fault)
    }
    return undefined
  }
}

/** One that waits for its turn alone. */
class Passing extends Turn {
  readonly #proceed: () => Maybe<undefined>

  constructor(bytes: number, proceed: () => Maybe<undefined>) {
    super(bytes)
    this.#proceed = proceed
  }

  proceed(): Maybe<undefined> {
    return this.#proceed()
  }

  /** Nobody has been promised anything: whoever proceeds has told its sender. */
  refused(): void {}
}

const nothing: Promise<void> = Promise.resolve()

/** About how many bytes an element keeps in memory while it waits. */
export function weightOf(element: Element): number {
  return 500 + (element.inner?.length ?? 0)
}
