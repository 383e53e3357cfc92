/**
 * Message Archive Management (XEP-0313 1.1.3; text search XEP-0431): what was said, to be read page by page; and, at the
 * start of a session, what was missed. Archives of pubsub nodes (XEP-0442) are not here.
 */
import type { Jid } from '@rookery/protocol/jid'
import { FULLTEXT_NS, MAM_EXTENDED, MAM_NS } from '@rookery/protocol/xeps/mam'
import { readJid } from '../../contract/address.ts'
import { UnsupportedError, UsageError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'
import { guardWork } from '../../contract/guard.ts'
import { type WaitOptions, within } from '../../contract/within.ts'
import { messages } from '../../messages/index.ts'
import { disco } from '../disco.ts'
import { arrived } from './arrived.ts'
import { type ArchivedMessage, type Mark, readEntry } from './entry.ts'
import { fillGap } from './gap.ts'
import { Line } from './line.ts'
import { type Filter, type Question, Questions } from './questions.ts'
import { Repair, type RepairOptions } from './repair.ts'

export type ArchiveEvents = {
  /** What was missed has been handed on: how many messages, of the account or of a room. */
  readonly 'archive:repaired': { readonly of: Jid; readonly count: number }
}

/** Which messages; what is left out does not matter. */
export interface ArchiveFilter extends WaitOptions {
  /** Of a room, by its address; of the account unless told. */
  readonly of?: Jid | string | undefined
  /** Exchanged with this one. */
  readonly with?: Jid | string | undefined
  /** In ms since 1970, both included. */
  readonly start?: number | undefined
  readonly end?: number | undefined
  /** Those with these ids in the archive; a RequestError (`item-not-found`) when one of them is not there. */
  readonly ids?: readonly string[] | undefined
  /** Those that a search for these words finds, as the server sees it. */
  readonly text?: string | undefined
}

export interface QueryOptions extends ArchiveFilter {
  /** After and before the messages with these ids in the archive. */
  readonly after?: string | undefined
  readonly before?: string | undefined
  /** The newest first. */
  readonly flipped?: boolean | undefined
  /** Messages in a page; 50 unless told. */
  readonly pageSize?: number | undefined
}

export interface PageOptions extends ArchiveFilter {
  /** The page after the message with this id in the archive; or the one before. Neither: the newest page. */
  readonly after?: string | undefined
  readonly before?: string | undefined
  /** Messages in it; 50 unless told. The server may give fewer. */
  readonly max?: number | undefined
}

export interface ArchivePage {
  /** The oldest first. */
  readonly messages: readonly ArchivedMessage[]
  /** For `before` and `after` of the next pages; undefined in an empty one. */
  readonly first: string | undefined
  readonly last: string | undefined
  /** Nothing is left in this direction. */
  readonly isComplete: boolean
  /** How many there are in all pages, where the archive tells. */
  readonly count: number | undefined
}

/** For scrolling: more is not asked for at a time. */
const largestPage = 100

/** A room's clock and ours may differ by so many ms. */
const clocksDiffer = 300_000

export class Archive {
  readonly #core: Core<ArchiveEvents>
  readonly #questions: Questions
  readonly #repair: Repair
  readonly #pageSize: number
  /** Of the account, and of rooms that are being repaired. */
  readonly #lines: Map<string, Line> = new Map()

  constructor(core: Core<ArchiveEvents>, options: RepairOptions) {
    this.#core = core
    this.#pageSize = options.pageSize ?? 50
    this.#questions = new Questions(core)
    this.#repair = new Repair(core, this.#questions, options, (count) =>
      core.emit('archive:repaired', { of: core.account, count }),
    )
    core.use(messages).gate((stanza, way, next) => {
      const line = stanza.type === 'groupchat' ? this.#lines.get(String(stanza.from?.bare)) : this.#repair.line
      return line === undefined ? next() : line.pass(stanza, way, next)
    })
    core
      .use(messages)
      .reconcile((unsure) =>
        arrived(unsure, core.account, (of, options) => this.query({ of, flipped: true, ...options })),
      )
    if (options.repair !== false) core.use(messages).gaps.push((room, since) => this.#mend(room, since))
  }

  /**
   * The messages of an archive, from the oldest to the newest or the other way round; a page is asked for when the loop comes to it. Throws
   * UnsupportedError where there is no archive, or where it cannot do what was asked for; RequestError, TimeoutError, DisconnectedError.
   */
  async *query(options: QueryOptions = {}): AsyncGenerator<ArchivedMessage, undefined> {
    const { flipped = false, pageSize = this.#pageSize, before, after } = options
    const of = this.#addressOf(options)
    const filter = await this.#filter(of, options, flipped ? { afterId: after } : { beforeId: before })
    let place = flipped ? (before ?? '') : after
    for (;;) {
      const page = { max: pageSize, [flipped ? 'before' : 'after']: place }
      const answer = await this.#page(of, filter, page, options)
      yield* flipped ? [...answer.messages].reverse() : answer.messages
      const next = flipped ? answer.first : answer.last
      if (answer.isComplete || next === undefined || next === place) return
      place = next
    }
  }

  /** One page, for scrolling back and forth. Throws as `query` does. */
  async page(options: PageOptions = {}): Promise<ArchivePage> {
    const { after, before, max = this.#pageSize } = options
    const of = this.#addressOf(options)
    const isForward = after !== undefined
    const filter = await this.#filter(of, options, isForward ? { beforeId: before } : {})
    return await this.#page(of, filter, isForward ? { max, after } : { max, before: before ?? '' }, options)
  }

  /** The newest messages, the oldest of them first. Throws as `query` does. */
  async latest(count: number, filter: ArchiveFilter = {}): Promise<readonly ArchivedMessage[]> {
    const found: ArchivedMessage[] = []
    const pageSize = Math.min(count, largestPage)
    if (count > 0)
      for await (const message of this.query({ ...filter, flipped: true, pageSize }))
        if (found.push(message) >= count) break
    return found.reverse()
  }

  /** Resolves when what was missed before this session has been handed on; at once where nothing is asked for by itself. */
  async caughtUp(options: WaitOptions = {}): Promise<undefined> {
    await within(this.#core.clock, this.#repair.done(), options)
  }

  /**
   * What was said in a room since a mark, or a time in ms since 1970, handed on as if it had just arrived, while what arrives waits for its place.
   * An archive that has forgotten the mark is asked by the time. The answer, when all has been dealt with: how many, and where to go on the
   * next time. Throws as `query` does; what was handed on until then stays so.
   */
  async repair(
    room: Jid | string,
    since: Mark | number,
    options: WaitOptions = {},
  ): Promise<{ readonly count: number; readonly last: Mark | undefined }> {
    const of = readJid(room).bare
    const key = of.toString()
    if (this.#lines.has(key)) throw new UsageError(`${of} is being repaired.`)
    let last: Mark | undefined
    const line = new Line(
      this.#core.use(messages).seen,
      () => of,
      (mark) => (last = mark),
    )
    this.#lines.set(key, line)
    let filled: Awaited<ReturnType<typeof fillGap>>
    try {
      await this.#core.use(disco).require(of, MAM_NS, options)
      filled = await fillGap({
        core: this.#core,
        questions: this.#questions,
        line,
        since: typeof since === 'number' ? { id: '', at: since } : since,
        max: this.#pageSize,
        isWanted: () => true,
        steady: () => undefined,
        signal: options.signal,
      })
    } finally {
      line.release(false)
      this.#lines.delete(key)
    }
    const { count, handled } = filled
    await handled
    this.#core.emit('archive:repaired', { of, count })
    return { count, last }
  }

  /** What a room has said while we were away is more than it sends to those who come back. */
  async #mend(room: Jid, since: number): Promise<undefined> {
    await guardWork(this.#core.failed, () =>
      this.repair(room, since - clocksDiffer).catch((error: unknown) => {
        // without an archive there is what the room sends; or somebody else repairs it already
        if (!(error instanceof UnsupportedError || error instanceof UsageError)) throw error
      }),
    )
  }

  async #page(of: Jid, filter: Filter, page: Question['page'], options: WaitOptions): Promise<ArchivePage> {
    const { results, ...answer } = await this.#questions.ask(of, { filter, page }, options)
    const messages = results.flatMap((result) => readEntry(this.#core, of, result) ?? [])
    return { messages, ...answer }
  }

  /** Looks first whether the archive can do what is asked for. */
  async #filter(
    of: Jid,
    filter: ArchiveFilter,
    bounds: { readonly afterId?: string | undefined; readonly beforeId?: string | undefined },
  ): Promise<Filter> {
    const isExtended = (filter.ids ?? bounds.afterId ?? bounds.beforeId) !== undefined
    await this.#core.use(disco).require(of, isExtended ? MAM_EXTENDED : MAM_NS, filter)
    if (filter.text !== undefined) await this.#core.use(disco).require(of, FULLTEXT_NS, filter) // [XEP-0431 3]
    const peer = filter.with === undefined ? undefined : readJid(filter.with)
    return { ...filter, with: peer, ...bounds }
  }

  #addressOf({ of }: Pick<ArchiveFilter, 'of'>): Jid {
    return of === undefined ? this.#core.account : readJid(of).bare
  }
}
