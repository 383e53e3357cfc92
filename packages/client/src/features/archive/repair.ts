/**
 * The archive of the account as the reason why nothing is lost and nothing doubled: the newest message that was dealt with is kept, across restarts
 * too, and at the start of a session that does not go on with the one before, all that came since is handed on, before what comes live. Live
 * messages wait until then; if the archive refuses or is silent, they go on without it, and what was missed comes when it answers.
 */
import { archiveMetadata, MAM_EXTENDED, MAM_GROUPCHAT_FIELD, MAM_NS } from '@rookery/protocol/xeps/mam'
import { originId, STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import { ask } from '../../contract/ask.ts'
import { type Deferred, deferred } from '../../contract/deferred.ts'
import { DisconnectedError, RequestError } from '../../contract/errors.ts'
import type { Core, SessionStart } from '../../contract/extension.ts'
import { guardWork } from '../../contract/guard.ts'
import { tellUnkept } from '../../contract/unkept.ts'
import { until } from '../../contract/until.ts'
import { within } from '../../contract/within.ts'
import { messages } from '../../messages/index.ts'
import { disco } from '../disco.ts'
import type { ArchivedMessage, Mark } from './entry.ts'
import { fillGap } from './gap.ts'
import { Line } from './line.ts'
import type { Questions } from './questions.ts'

export interface RepairOptions {
  /** What a client without a past asks for: everything, what is so new (in ms), or nothing, which is the default. */
  readonly catchUp?: 'all' | number | undefined
  /** False: nothing is asked for by itself. */
  readonly repair?: boolean | undefined
  /** Messages in a page; 50 unless told. */
  readonly pageSize?: number | undefined
}

/** Where nobody has told us where to begin, it is so long before the first session, in ms: clocks differ. */
const clockError = 60_000
/** So many of the last addresses of this client are known again. */
const ownMax = 10
/** Milliseconds before the archive is asked again; twice as many after each failure. */
const firstPause = 5_000
const longestPause = 300_000

export class Repair {
  readonly line: Line
  readonly #core: Core
  readonly #questions: Questions
  readonly #options: RepairOptions
  readonly #repaired: (count: number) => void
  #mark: Mark | undefined
  #writes = false
  /** When the first session of this program began. */
  #began: number | undefined
  #stop: AbortController | undefined
  #isDone = false
  #done: Deferred<undefined> = deferred()

  constructor(core: Core, questions: Questions, options: RepairOptions, repaired: (count: number) => void) {
    this.#core = core
    this.#questions = questions
    this.#options = options
    this.#repaired = repaired
    this.#mark = readMark(core.kept('mark'))
    this.line = new Line(
      core.use(messages).seen,
      () => core.account,
      (mark) => this.#keep(mark),
    )
    core.catchesUp(() => options.repair !== false && (this.#mark ?? this.#first()) !== undefined)
    core.onSession('prepare', (start) => this.#begin(start))
    core.onSessionEnd(() => {
      this.#stop?.abort()
      this.#stop = undefined
      this.line.hold()
    })
  }

  /** Resolves when what was missed has been handed on; at once where there is nothing to be missed. */
  done(): Promise<undefined> {
    return this.#done.promise
  }

  #begin({ resumed, restored }: SessionStart): undefined {
    // who was started anew may have been stopped within a repair
    if (resumed && !restored) return
    this.#stop?.abort()
    this.#stop = new AbortController()
    if (this.#isDone) this.#done = deferred()
    this.#isDone = false
    const isFirst = this.#began === undefined
    this.#began ??= this.#core.clock.now()
    void this.#run(this.#stop.signal, isFirst)
  }

  /** Until it has worked, or the session is over: the next one begins anew. */
  async #run(signal: AbortSignal, isFirst: boolean): Promise<void> {
    const { clock } = this.#core
    for (let pause = firstPause; !signal.aborted; pause = Math.min(pause * 2, longestPause)) {
      try {
        const count = await this.#catchUp(signal, isFirst && pause === firstPause)
        if (signal.aborted) return
        this.line.release(count !== undefined)
        if (count !== undefined) this.#repaired(count)
        return this.#settle()
      } catch (error) {
        if (signal.aborted) return
        const { name } = this.#core.state
        // without a connection nothing arrives, no answer either: when there is one, it goes on
        if (!(error instanceof DisconnectedError || name === 'waiting' || name === 'resuming')) {
          // live messages go on, if any can come; what was missed comes later, and the mark stays where it is until then
          if (name !== 'failed') this.line.release(false)
          this.#settle()
          void guardWork(this.#core.failed, () => Promise.reject(error))
          if (error instanceof RequestError && error.type !== 'wait') return
        }
        await within(clock, new Promise(() => undefined), { signal, timeout: pause }).catch(() => undefined)
      }
    }
  }

  #settle(): void {
    this.#isDone = true
    this.#done.resolve(undefined)
  }

  /** How many were missed; undefined where the server has no archive, or one whose ids cannot be believed. */
  async #catchUp(signal: AbortSignal, isFirst: boolean): Promise<number | undefined> {
    const core = this.#core
    if (this.#options.repair === false) return undefined
    const features = await this.#features(signal)
    if (!features.includes(MAM_NS) || !features.includes(STANZA_ID_NS)) return undefined
    const isNew = this.#mark === undefined
    const own = this.#ownAddresses()
    const since = this.#mark ?? this.#first() ?? (isFirst ? undefined : { id: '', at: this.#began! - clockError })
    if (since === undefined) {
      this.#keep(await this.#newest(features, signal))
      return 0
    }
    if (isNew) this.#keep(since)
    const includeGroupchat = features.includes(MAM_GROUPCHAT_FIELD) ? false : undefined
    const { count } = await fillGap({
      core,
      questions: this.#questions,
      line: this.line,
      since,
      max: this.#options.pageSize ?? 50,
      filter: { includeGroupchat },
      // rooms have archives of their own; and what this client has sent, it knows
      isWanted: (entry) =>
        entry.type !== 'groupchat' && !(entry.way.own === true && this.#isSent(entry, isNew ? [] : own)),
      steady: () => this.#online(signal),
      signal,
    })
    return count
  }

  async #features(signal: AbortSignal): Promise<readonly string[]> {
    try {
      return (await this.#core.use(disco).account({ signal })).features
    } catch (error) {
      if (error instanceof RequestError && error.type !== 'wait') return [] // it knows no such question, so it has no archive either
      throw error
    }
  }

  /** Where a client begins that has seen nothing yet, if it is to see what was before it. */
  #first(): Mark | undefined {
    const { catchUp } = this.#options
    if (catchUp === 'all') return { id: '', at: 0 }
    return catchUp === undefined ? undefined : { id: '', at: this.#core.clock.now() - catchUp }
  }

  async #newest(features: readonly string[], signal: AbortSignal): Promise<Mark> {
    // a page would tell the server that we have the message in it, and need not be sent it
    if (features.includes(MAM_EXTENDED)) {
      const { end } = await ask(this.#core, 'get', archiveMetadata.build({}), archiveMetadata, { signal })
      return { id: end?.id ?? '', at: end?.timestamp ?? 0 }
    }
    const { results } = await this.#questions.ask(this.line.of, { page: { before: '', max: 1 } }, { signal })
    const newest = results[0]
    return { id: newest?.id ?? '', at: newest?.forwarded.delay?.stamp ?? 0 }
  }

  /** From then on what arrives comes live: presence has been sent, copies have been turned on. */
  #online(signal: AbortSignal): undefined | Promise<undefined> {
    const core = this.#core
    if (core.state.name === 'online') return undefined
    return until<undefined>(
      core.clock,
      { signal },
      () => undefined,
      (resolve) =>
        core.on('state', ({ name }) => {
          if (name === 'online') resolve(undefined)
        }),
    ).catch(() => undefined)
  }

  /** Those of this client's sessions. */
  #ownAddresses(): readonly string[] {
    const before = this.#core.kept('own')?.split('\n') ?? []
    const now = String(this.#core.jid)
    if (before.includes(now)) return before
    const own = [now, ...before].slice(0, ownMax)
    this.#write('own', own.join('\n'))
    return own
  }

  #isSent(entry: ArchivedMessage, own: readonly string[]): boolean {
    const id = entry.payload(originId)?.id ?? entry.id ?? ''
    return own.includes(entry.from.toString()) || this.#core.use(messages).find(id) !== undefined
  }

  /** Once for all that is dealt with in one turn. */
  #keep(mark: Mark): void {
    this.#mark = mark
    if (this.#writes) return
    this.#writes = true
    queueMicrotask(() => {
      this.#writes = false
      const { at, id } = this.#mark!
      this.#write('mark', `${at} ${id}`)
    })
  }

  #write(key: string, value: string): void {
    void tellUnkept(this.#core, this.#core.keep(key, value), 'How far the archive was read could not be kept.')
  }
}

function readMark(text: string | undefined): Mark | undefined {
  const [, at, id = ''] = /^([\d.]+) (.*)$/s.exec(text ?? '') ?? []
  return at === undefined ? undefined : { at: Number(at), id }
}
