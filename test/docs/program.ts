/** Runs an example as a user would: as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { env, execPath } from 'node:process'

const root = join(import.meta.dirname, '../..')

export class Program {
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown[]>
  output = ''
  #wake: () => void = () => undefined

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
        this.#wake()
      })
    }
    this.#exit.then(() => this.#wake())
  }

  /** Waits until the output matches; fails with it when the program ends before. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.output)
      if (match !== null) return match
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new Error(`it ended without printing ${pattern}:\n${this.output}`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
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
