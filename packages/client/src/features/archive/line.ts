/**
 * The messages of one archive, in its order: while the archive is asked for what was missed, live ones wait, so that each is handed on once and in
 * its place. What is asked, and when, is decided elsewhere.
 */
import type { Jid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { DELAY_NS } from '@rookery/protocol/xeps/delay'
import { stanzaIdBy } from '@rookery/protocol/xeps/stanza-id'
import type { Way } from '../../messages/index.ts'
import type { Seen } from '../../messages/seen.ts'
import type { Mark } from './entry.ts'
import { Place } from './place.ts'

/** Beyond so many bytes of live messages the next ones do not wait: they are handed on out of order, and still once. */
const mostBytes = 1 << 20

export class Line {
  readonly #seen: Pick<Seen, 'has'>
  readonly #of: () => Jid
  readonly #place: Place
  #held: (() => void)[] = []
  #bytes = 0
  #isHolding = true
  #counts = false
  /** When the newest one that the archive has told came to it. */
  #newest = 0

  /** `of`: whose archive; `moved`: everything up to there has been dealt with. */
  constructor(seen: Pick<Seen, 'has'>, of: () => Jid, moved: (mark: Mark) => void) {
    this.#seen = seen
    this.#of = of
    this.#place = new Place(moved)
  }

  /** Whose archive it is. */
  get of(): Jid {
    return this.#of()
  }

  /** Live messages wait from now on. Those that waited in a session that is gone are in the archive. */
  hold(): void {
    this.#held = []
    this.#bytes = 0
    this.#isHolding = true
    this.#counts = false
  }

  /** Live messages are handed on: those that waited first. `counts`: nothing is missing before them. */
  release(counts: boolean): void {
    this.#counts = counts
    this.#isHolding = false
    for (const go of this.#held.splice(0)) go()
  }

  /** A message on its way to its readers. */
  pass(stanza: Message, way: Way, next: () => undefined | Promise<undefined>): undefined | Promise<undefined> {
    const { element } = stanza
    const id = stanzaIdBy(element, this.of)
    // what the archive was asked for has its place already
    if (id === undefined || way.archived !== undefined) return next()
    const go = (): undefined | Promise<undefined> => {
      // what is known has its place as well
      const counts = this.#counts && !this.#seen.has(this.of, id) && this.#isNewer(stanza, way)
      return this.#place.pass({ id, at: way.at }, next(), counts)
    }
    if (!this.#isHolding || (this.#bytes += (element.inner?.length ?? 0) + 200) > mostBytes) return go()
    return new Promise((resolve) => this.#held.push(() => resolve(go())))
  }

  /** Of a message in the archive: it is handed on, or it need not be. */
  mark(mark: Mark, work: undefined | Promise<undefined>): void {
    this.#newest = mark.at
    void this.#place.pass(mark, work, true)
  }

  /**
   * What the server had kept for us (offline messages) may be older than what the archive has told since; some servers say the second only. Both times
   * are the server's: what it sends again in a session that goes on is late as well, and our clock says nothing about that.
   */
  #isNewer({ element }: Message, { at }: Way): boolean {
    return at > this.#newest - 1_000 || element.child('delay', DELAY_NS) === undefined
  }
}
