/** Many things done at once, of which most need no waiting. */
import type { Maybe } from '@rookery/protocol'

export class Waits {
  #promises: Promise<unknown>[] | undefined

  add(wait: Maybe<unknown>): void {
    if (!(wait instanceof Promise)) return
    this.#promises ??= []
    this.#promises.push(wait)
  }

  /** Waits for all, or not at all when nobody has to. */
  all(): Maybe<undefined> {
    return this.#promises === undefined ? undefined : Promise.all(this.#promises).then(() => undefined)
  }
}
