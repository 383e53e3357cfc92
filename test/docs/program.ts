/** Runs an example as a user would: as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { Bell } from '../../packages/client/test/waiting.ts'

const root = join(import.meta.dirname, '../..')

export class Program {
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown[]>
  output = ''
  readonly #bell = new Bell()
  #hasEnded = false

  constructor(words: readonly string[], more: Readonly<Record<string, string>> = {}) {
    // without this a test runner in the child would report to ours instead of printing
    const { NODE_TEST_CONTEXT: _, ...environment } = env
    this.#child = spawn(execPath, words, {
      cwd: root,
      env: { ...environment, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#exit = once(this.#child, 'close')
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
        this.#bell.ring()
      })
    }
    this.#exit.then(() => {
      this.#hasEnded = true // and all that it printed is here
      this.#bell.ring()
    })
  }

  /** Waits until the output matches; fails with it when the program ends before. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    let match: RegExpExecArray | null = null
    const isOver = (): boolean => {
      match = pattern.exec(this.output)
      return match !== null || this.#hasEnded
    }
    await this.#bell.until(isOver, `${pattern}`, () => `it printed ${this.output}`, 30_000)
    if (match === null) throw new Error(`it ended without printing ${pattern}:\n${this.output}`)
    return match
  }

  /** The exit code. */
  async ends(): Promise<unknown> {
    return (await this.#exit)[0]
  }

  /** Asks it to end, and gives its exit code. */
  async stop(): Promise<unknown> {
    this.#child.kill('SIGTERM')
    return this.ends()
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.#child.kill('SIGINT')
  }

  [Symbol.dispose](): void {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL')
  }
}
