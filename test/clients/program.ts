/** A child process with everything it wrote, ended by its own id. */
import { type ChildProcess, spawn } from 'node:child_process'
import { until } from './until.ts'

export interface ProgramOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly folder?: string
  /** Text for standard input, which is closed after it; without it standard input stays open for write(). */
  readonly input?: string
}

const graceful = 8_000

export class Program {
  readonly #name: string
  readonly #child: ChildProcess
  #output = ''
  #failure: Error | undefined
  #hasEnded = false

  constructor(command: string, parameters: readonly string[], options: ProgramOptions = {}) {
    this.#name = command
    // Whatever happens to this process, the child does not outlive it.
    this.#child = spawn('setpriv', ['--pdeathsig', 'TERM', command, ...parameters], {
      env: { ...process.env, ...options.environment },
      ...(options.folder === undefined ? {} : { cwd: options.folder }),
      stdio: 'pipe',
    })
    const collect = (text: string): void => {
      this.#output += text
    }
    this.#child.stdout?.setEncoding('utf8').on('data', collect)
    this.#child.stderr?.setEncoding('utf8').on('data', collect)
    this.#child.stdin?.on('error', () => {})
    this.#child.once('error', (error) => {
      this.#failure = error
    })
    this.#child.once('close', () => {
      this.#hasEnded = true
    })
    if (options.input !== undefined) this.#child.stdin?.end(options.input)
  }

  /** Standard output and standard error, as they came. */
  get output(): string {
    return this.#output
  }

  /** And all that it wrote is here. */
  get hasEnded(): boolean {
    return this.#failure !== undefined || this.#hasEnded
  }

  write(text: string): void {
    this.#child.stdin?.write(text)
  }

  /** Waits for something in the output; fails at once when the program ends without it. */
  shows<T>(what: string, look: (output: string) => T | undefined, within?: number): Promise<T> {
    const evidence = (): string => this.#output.slice(-4000)
    return until(
      `${this.#name}: ${what}`,
      () => {
        const wasOver = this.hasEnded
        const found = look(this.#output)
        if (found === undefined && wasOver) throw new Error(`${this.#name} ended without: ${what}\n${evidence()}`)
        return found
      },
      { evidence, ...(within === undefined ? {} : { within }) },
    )
  }

  /** Waits until the program ends by itself; its exit code. */
  async ended(within = 20_000): Promise<number> {
    await until(`${this.#name} to end`, () => (this.hasEnded ? true : undefined), {
      within,
      evidence: () => this.#output.slice(-4000),
    })
    if (this.#failure !== undefined) throw this.#failure
    return this.#child.exitCode ?? -1
  }

  /** Asks it to end, then makes it. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.hasEnded) return
    this.#child.kill(signal)
    try {
      await this.ended(graceful)
    } catch {
      this.#child.kill('SIGKILL')
      await this.ended(graceful)
    }
  }
}
