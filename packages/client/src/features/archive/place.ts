/** How far the messages of an archive have been dealt with: everything up to the mark has, whatever comes first to its end. Where the mark is kept is not known here. */
import type { Mark } from './entry.ts'

interface Waiting {
  /** Undefined: its place in the archive is not known, and the mark stays before it. */
  readonly mark: Mark | undefined
  isDone: boolean
}

export class Place {
  readonly #moved: (mark: Mark) => void
  /** In the order of the archive; the first of them is not done. */
  readonly #line: Waiting[] = []

  constructor(moved: (mark: Mark) => void) {
    this.#moved = moved
  }

  /** A message that is handed on. `work`: who deals with it; `counts`: it is the next one of the archive. The answer: what to wait for. */
  pass(mark: Mark, work: undefined | Promise<undefined>, counts: boolean): undefined | Promise<undefined> {
    if (work === undefined && this.#line.length === 0) {
      if (counts) this.#moved(mark)
    } else {
      const waiting: Waiting = { mark: counts ? mark : undefined, isDone: work === undefined }
      this.#line.push(waiting)
      void work?.then(() => {
        waiting.isDone = true
        this.#advance()
      })
    }
    return work
  }

  #advance(): void {
    const open = this.#line.findIndex(({ isDone }) => !isDone)
    const done = this.#line.splice(0, open < 0 ? this.#line.length : open)
    const mark = done.findLast((one) => one.mark)?.mark
    if (mark !== undefined) this.#moved(mark)
  }
}
