/** A program in a terminal of its own (tmux): keys go in, the screen comes out. Never touches a tmux the person uses. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { until } from './until.ts'

export interface TerminalOptions {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
}

const columns = 200
const rows = 150
/** Ends by itself after this many seconds, should nobody be left to end it. */
const longest = 300

export class Terminal {
  readonly #socket: string = `rookery-${randomUUID()}`
  readonly #folder: string

  constructor(command: readonly string[], { folder, environment }: TerminalOptions) {
    this.#folder = folder
    const variables = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`])
    const size = ['-x', String(columns), '-y', String(rows)]
    this.#tmux(['new-session', '-d', ...size, ...variables, 'timeout', '--foreground', String(longest), ...command])
  }

  /** Its own socket, no settings, and UTF-8 whatever the environment says. */
  #tmux(parameters: readonly string[]): string {
    return execFileSync('tmux', ['-u', '-L', this.#socket, '-f', '/dev/null', ...parameters], {
      encoding: 'utf8',
      stdio: 'pipe',
      cwd: this.#folder,
      timeout: 10_000,
      env: { ...process.env, TERM: 'xterm-256color' },
    })
  }

  get isOpen(): boolean {
    try {
      this.#tmux(['has-session'])
      return true
    } catch {
      return false
    }
  }

  /** Types a line and presses Enter. */
  type(line: string): void {
    this.#tmux(['send-keys', '-l', '--', line])
    this.#tmux(['send-keys', 'Enter'])
  }

  /** What a person sees, without empty lines. */
  screen(): string {
    if (!this.isOpen) return ''
    const lines = this.#tmux(['capture-pane', '-p']).split('\n')
    return lines.filter((line) => line.trim() !== '').join('\n')
  }

  shows<T>(what: string, look: (screen: string) => T | undefined, every = 100): Promise<T> {
    let screen = ''
    const lookAgain = (): T | undefined => {
      screen = this.screen()
      return look(screen)
    }
    return until(`the screen to show ${what}`, lookAgain, { every, evidence: () => screen })
  }

  /** Waits until the program has ended by itself. */
  async closed(): Promise<void> {
    await until('the program to end', () => (this.isOpen ? undefined : true), {
      every: 150,
      evidence: () => this.screen(),
    })
  }

  close(): void {
    if (this.isOpen) this.#tmux(['kill-server'])
  }
}
