/** All that a server has received and sent, with times, and a way to wait for something to happen. */
import { STREAM_END, type StreamError, StreamHeader } from '@rookery/protocol/stream'
import { Element, writeElement } from '@rookery/protocol/xml'

export type Happening = Element | StreamHeader | StreamError | string | typeof STREAM_END

export interface Entry {
  /** Milliseconds on the clock of `performance.now()`. */
  readonly at: number
  /** Which connection, from 1. */
  readonly connection: number
  /** `event`: connected, secured, closed, … */
  readonly kind: 'received' | 'sent' | 'event'
  readonly what: Happening
}

interface Waiting {
  readonly wanted: (entry: Entry) => boolean
  readonly found: (entry: Entry) => void
}

const patience = 10_000

export class Journal {
  readonly entries: Entry[] = []
  #waiting: Waiting[] = []

  write(connection: number, kind: Entry['kind'], what: Happening): void {
    const entry: Entry = { at: performance.now(), connection, kind, what }
    this.entries.push(entry)
    for (const one of this.#waiting.filter(({ wanted }) => wanted(entry))) one.found(entry)
  }

  /** The first entry of that kind, from the one with this number on; waits for it if it has not happened. */
  until(wanted: (entry: Entry) => boolean, from = 0): Promise<Entry> {
    const known = this.entries.slice(from).find(wanted)
    if (known !== undefined) return Promise.resolve(known)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting)
        reject(new Error(`this did not happen: ${wanted}\nwhat did:\n${this}`))
      }, patience)
      const waiting: Waiting = {
        wanted,
        found: (entry) => {
          clearTimeout(timer)
          this.#waiting = this.#waiting.filter((one) => one !== waiting)
          resolve(entry)
        },
      }
      this.#waiting.push(waiting)
    })
  }

  /** What came, by name (of an IQ: of its payload), oldest first. */
  received(name?: string): Element[] {
    return this.entries.flatMap(({ kind, what }) =>
      kind === 'received' && what instanceof Element && (name === undefined || isCalled(what, name)) ? [what] : [],
    )
  }

  /** One line an entry, for messages about failures. */
  toString(): string {
    const start = this.entries[0]?.at ?? 0
    const line = ({ at, connection, kind, what }: Entry): string =>
      `${(at - start).toFixed(1)} #${connection} ${kind} ${textOf(what)}`
    return this.entries.slice(-40).map(line).join('\n')
  }
}

export function isCalled(element: Element, name: string): boolean {
  return element.name === name || (element.name === 'iq' && element.firstElement()?.name === name)
}

function textOf(what: Happening): string {
  if (what === STREAM_END) return 'the end of the stream'
  if (typeof what === 'string') return what
  if (what instanceof Element) return Buffer.from(writeElement(what, ''), 'latin1').toString()
  return what instanceof StreamHeader
    ? `header to=${what.to} from=${what.from}`
    : `error ${what.condition}: ${what.text}`
}
