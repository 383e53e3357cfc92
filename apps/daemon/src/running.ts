/** The life of the process: signals, the clean end with its deadline, and what nobody caught. */
import { isatty } from 'node:tty'
import type { DaemonLog } from './log/log.ts'

const endWithinMs = 10_000

/** Ctrl-C under npm comes twice: from the terminal, and passed on by npm. */
const sameMs = 500

export class Running {
  readonly #log: DaemonLog
  /** Which of standard input, output and errors were one at the start. */
  readonly #terminals = [0, 1, 2].filter((file) => isatty(file))
  readonly #steps: (() => Promise<unknown>)[] = []
  readonly #done = Promise.withResolvers<number>()
  #ending: Promise<void> | undefined
  #code = 0
  #last = { signal: '', at: 0 }
  #isStarted = false
  #hangup: (() => Promise<void>) | undefined
  #hangups: Promise<void> = Promise.resolve()

  constructor(log: DaemonLog) {
    this.#log = log
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#told(signal))
    // without a listener the signal would end the process, also while it is still starting
    process.on('SIGHUP', () => this.#toldToReload())
    process.on('uncaughtException', (error) => this.fail(error))
    process.on('unhandledRejection', (error) => this.fail(error))
  }

  /** The exit code, once everything has ended. */
  get ended(): Promise<number> {
    return this.#done.promise
  }

  get isEnding(): boolean {
    return this.#ending !== undefined
  }

  /** Called at the end, the last one added first. */
  atEnd(step: () => Promise<unknown>): void {
    this.#steps.unshift(step)
  }

  /** From now on SIGHUP means `reload`. */
  started(reload: () => Promise<void>): void {
    this.#isStarted = true
    this.#hangup = reload
  }

  /** Something broke that nobody can mend: says so, ends as cleanly as it still can, exit code 1. */
  fail(error: unknown): void {
    this.#log.error({ event: 'failed', error }, 'the server cannot go on')
    this.#code = 1
    void this.end()
  }

  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end(): Promise<void> {
    const late = setTimeout(() => this.#exitNow('the end took too long'), endWithinMs)
    for (const step of this.#steps) {
      try {
        await step()
      } catch (error) {
        this.#log.error({ error }, 'could not end cleanly')
        this.#code = 1
      }
    }
    clearTimeout(late)
    if (this.#isStarted || this.#last.signal !== '') this.#log.info({ event: 'stopped' }, 'stopped')
    this.#log.flush()
    this.#done.resolve(this.#code)
  }

  #told(signal: string): void {
    const now = performance.now()
    const { signal: before, at } = this.#last
    this.#last = { signal, at: now }
    if (signal === before && now - at < sameMs) return
    if (this.#ending !== undefined) return this.#exitNow(`${signal} again`)
    this.#log.info({ event: 'stopping', signal }, 'stopping; once more to stop at once')
    void this.end()
  }

  #exitNow(why: string): void {
    this.#log.error({ event: 'killed', why }, 'stopped at once')
    this.#log.flush()
    process.exit(1)
  }

  /** A terminal that is closed says the same, and then nobody is there who could end the server. One after another: two signals in a row never reload at the same time. */
  #toldToReload(): void {
    if (this.#terminals.some((file) => !isatty(file))) return this.#told('SIGHUP')
    this.#hangups = this.#hangups.then(async () => {
      if (this.#ending === undefined) await this.#hangup?.()
    })
  }
}
