/** What `send` and `watch` say: lines for people, or lines of JSON. Much of it was written by others, so nothing of it reaches the terminal raw. */
import { escapeLine, visible } from '../log/clean.ts'

export interface Entry {
  readonly event: string
  readonly [name: string]: string | number | boolean | readonly string[] | undefined
}

export class Output {
  readonly #isJson: boolean

  /** `gone` is called when nobody reads any more, as behind `| head`. */
  constructor(isJson: boolean, gone: () => void) {
    this.#isJson = isJson
    process.stdout.on('error', gone)
  }

  /** For programs. */
  entry(entry: Entry): void {
    if (this.#isJson) process.stdout.write(`${escapeLine(JSON.stringify(entry))}\n`)
  }

  /** For people. Lines after the first are indented. */
  say(text: string): void {
    if (!this.#isJson) process.stdout.write(`${shown(text)}\n`)
  }

  /** Beside the results, for both. */
  warn(text: string): void {
    process.stderr.write(`rookery: ${shown(text)}\n`)
  }
}

/** `12:03:04`, here; with the day when it is another one. */
export function timeOf(at: number): string {
  const date = new Date(at)
  const time = date.toLocaleTimeString('en-GB')
  return date.toDateString() === new Date().toDateString() ? time : `${date.toLocaleDateString('sv')} ${time}`
}

function shown(text: string): string {
  return text.split('\n').map(visible).join('\n    ')
}

/** Ctrl-C, and what `kill` sends: the command ends in order. The second one ends it at once. */
export function stopSignal(): AbortController {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  return controller
}
