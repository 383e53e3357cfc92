/** For tests: the `rookery` command as a real child process in a folder of its own. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** Milliseconds until something was to be said. */
const patience = 60_000

const main = join(import.meta.dirname, '../main.ts')

/** A folder that goes away at the end of the test. */
export class TemporaryFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'rookery-daemon-'))

  write(name: string, text: string): string {
    const path = join(this.path, name)
    writeFileSync(path, text)
    return path
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

export interface LogEntry {
  readonly [key: string]: unknown
}

export class DaemonProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #closed: Promise<unknown>
  #hasClosed = false
  #output = ''
  #errors = ''

  constructor(words: readonly string[], folder: string, program: readonly string[] = [main], environment: object = {}) {
    this.#child = spawn(process.execPath, [...program, ...words], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: folder, ...environment },
    })
    this.#closed = once(this.#child, 'close').then(() => {
      this.#hasClosed = true // and all that it said is here
    })
    this.#child.stdout.setEncoding('utf8').on('data', (text) => (this.#output += text))
    this.#child.stderr.setEncoding('utf8').on('data', (text) => (this.#errors += text))
  }

  get output(): string {
    return this.#output
  }

  get errors(): string {
    return this.#errors
  }

  /** The log lines so far; every line must be JSON. */
  get entries(): LogEntry[] {
    return this.#output
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogEntry)
  }

  /** Until its output matches. */
  async says(pattern: RegExp): Promise<void> {
    await this.#find(String(pattern), () => pattern.test(this.#output) || undefined)
  }

  /** Nobody reads what it says any more. */
  stopReading(): void {
    this.#child.stdout.destroy()
    this.#child.stderr.destroy()
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Writes to its standard input. */
  write(text: string): void {
    this.#child.stdin.write(text)
  }

  /** Its exit code, once it has ended. */
  get exit(): Promise<number | null> {
    return this.#closed.then(() => this.#child.exitCode)
  }

  /** Sends `text` as all of standard input, and waits for the end. */
  async ended(text = ''): Promise<number | null> {
    this.#child.stdin.on('error', () => undefined).end(text)
    await this.#closed
    return this.#child.exitCode
  }

  /** The first entry that fits, among those after the first `skip`. */
  async until(fits: (entry: LogEntry) => boolean, skip = 0): Promise<LogEntry> {
    return await this.#find(String(fits), () => this.entries.slice(skip).find(fits))
  }

  async #find<T>(what: string, look: () => T | undefined): Promise<T> {
    const late = AbortSignal.timeout(patience)
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      const why = this.#hasClosed ? 'the process ended' : late.aborted ? `not within ${patience / 1000} s` : undefined
      if (why !== undefined) throw new Error(`${what}: ${why}: ${this.#output}${this.#errors}`)
      const more = once(this.#child.stdout, 'data', { signal: late }).catch(() => undefined)
      await Promise.race([more, this.#closed])
    }
  }

  async event(name: string, skip = 0): Promise<LogEntry> {
    return await this.#find(`event "${name}"`, () => this.entries.slice(skip).find((entry) => entry['event'] === name))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }
}

/** A server on free ports, ready. */
export async function startDaemon(folder: string, words: readonly string[] = []): Promise<DaemonProcess> {
  const ports = ['--port', '0', '--tls-port', '0', '--http-port', '0', '--https-port', '0']
  const daemon = new DaemonProcess(['start', ...ports, ...words], folder)
  await daemon.event('ready')
  return daemon
}

export function portOf(daemon: DaemonProcess, kind: 'c2s' | 'tls' | 'http' | 'https'): number {
  const entry = daemon.entries.find((one) => one['event'] === 'listening' && one['kind'] === kind)
  return Number(entry?.['port'])
}

export interface Finished {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** Runs a command to its end. */
export async function run(
  folder: string,
  words: readonly string[],
  input = '',
  environment: object = {},
): Promise<Finished> {
  await using daemon = new DaemonProcess(words, folder, [main], environment)
  const code = await daemon.ended(input)
  return { code, output: daemon.output, errors: daemon.errors }
}
