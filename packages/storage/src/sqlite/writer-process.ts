/** For tests: runs `writer.fixture.ts` as a real process of its own. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const FIXTURE = fileURLToPath(new URL('./writer.fixture.ts', import.meta.url))

export interface WriterOptions {
  readonly folder: string
  readonly stanzas: number
  readonly bytes?: number
  /** Default: to an offline queue. */
  readonly kind?: 'offline' | 'archive'
  /** POSIX: no file may grow beyond this many blocks of 512 bytes. */
  readonly fileBlocks?: number
  /** File modes count, also where we are root (Linux): what makes root an exception is taken from the process. */
  readonly obeysModes?: boolean
}

export class WriterProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #ended: Promise<unknown>
  #output = ''
  #errors = ''

  constructor({ folder, stanzas, bytes = 200, kind = 'offline', fileBlocks, obeysModes = false }: WriterOptions) {
    const before: string[] = []
    if (fileBlocks !== undefined) before.push('/bin/sh', '-c', `ulimit -f ${fileBlocks}; exec "$0" "$@"`)
    if (obeysModes && process.getuid?.() === 0) before.push('setpriv', '--bounding-set=-dac_override,-dac_read_search')
    const [command = '', ...args] = [...before, process.execPath, FIXTURE, folder, String(stanzas), String(bytes), kind]
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#ended = once(this.#child, 'close')
    this.#child.stdout.setEncoding('utf8').on('data', (text) => (this.#output += text))
    this.#child.stderr.setEncoding('utf8').on('data', (text) => (this.#errors += text))
  }

  get lines(): string[] {
    return this.#output.split('\n').slice(0, -1)
  }

  get errors(): string {
    return this.#errors
  }

  /** The numbers of the stanzas acknowledged so far. */
  get acknowledged(): number[] {
    return this.lines.filter((line) => /^\d+$/.test(line)).map(Number)
  }

  /** Waits until enough was printed; false if the process ended before. */
  async until(enough: (lines: readonly string[]) => boolean): Promise<boolean> {
    let isOver = false
    void this.#ended.then(() => (isOver = true))
    while (!enough(this.lines)) {
      if (isOver) return false
      await Promise.race([once(this.#child.stdout, 'data'), this.#ended])
    }
    return true
  }

  /** SIGKILL: no handler runs, nothing is flushed. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** Lets it close its storage and end. */
  async finish(): Promise<void> {
    this.#child.stdin.end()
    await this.#ended
  }
}
