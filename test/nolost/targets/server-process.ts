/**
 * The server under test as a process that can be killed, stopped and started again on the same data. It dies with us. Only the process that was
 * started here is ever signalled.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { readStreamFeatures } from '../../../scripts/peers/stream-ready.ts'

export interface Command {
  /** Arranges by itself that it dies with us. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly folder: string
  /** Standard output and error are added to it. */
  readonly outputFile: string
  readonly port: number
  readonly host: string
}

const readyWithin = 120_000
const endWithin = 30_000

export class ServerProcess {
  readonly #command: Command
  #child: ChildProcess | undefined
  #isExpected = true
  /** Ended without having been told to. */
  crashes = 0

  constructor(command: Command) {
    this.#command = command
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#child?.pid : undefined
  }

  get isRunning(): boolean {
    const child = this.#child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  /** Starts without waiting. */
  launch(): void {
    if (this.isRunning) throw new Error('the server runs already')
    const { command, environment, folder, outputFile } = this.#command
    const [program = '', ...parameters] = command
    const output = openSync(outputFile, 'a')
    const child = spawn(program, parameters, {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ['ignore', output, output],
    })
    closeSync(output)
    this.#child = child
    this.#isExpected = false
    child.once('exit', () => {
      if (!this.#isExpected && this.#child === child) this.crashes++
    })
  }

  /** Resolves to true when stream features are offered, to false when the process ended before. */
  async ready(): Promise<boolean> {
    const { port, host } = this.#command
    const deadline = performance.now() + readyWithin
    while (this.isRunning) {
      if ((await readStreamFeatures(port, host, 1000)) !== undefined) return true
      if (performance.now() > deadline)
        throw new Error(`no stream features within ${readyWithin / 1000} s\n${this.said}`)
      await sleep(10)
    }
    return false
  }

  /** It has reason to end by itself now. */
  mayEnd(): void {
    this.#isExpected = true
  }

  /** Waits until it has ended; one that does not end on its own is killed in the end. */
  async signal(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.isRunning) return
    this.#isExpected = true
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    if (signal === 'SIGTERM') child.kill('SIGCONT')
    const timer = setTimeout(() => child.kill('SIGKILL'), endWithin)
    await ended
    clearTimeout(timer)
  }

  /** SIGSTOP or SIGCONT. */
  halt(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.isRunning) this.#child?.kill(signal)
  }

  /** What it wrote last, for error messages. */
  get said(): string {
    const { outputFile } = this.#command
    return existsSync(outputFile) ? readFileSync(outputFile, 'utf8').slice(-3000) : ''
  }
}
