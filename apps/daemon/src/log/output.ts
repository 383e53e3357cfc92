/** Lines for a file descriptor that may be slow, full, or gone: none of these stops the server, or keeps it from ending. */
import { write, writeSync } from 'node:fs'

/** Beyond this a reader that does not read costs lines, not the server. */
const maxWaiting = 8 * 1024 * 1024

const retryMs = 100
/** How often a reader that is slow is waited for at the end. */
const retriesAtEnd = 10

export class Output {
  readonly #file: number
  #waiting: Buffer[] = []
  #bytes = 0
  #isWriting = false
  #isPlanned = false

  constructor(file: number) {
    this.#file = file
  }

  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.#bytes + bytes.length > maxWaiting) return
    this.#bytes += bytes.length
    this.#waiting.push(bytes)
    this.#soon()
  }

  /** Everything that is not under way yet, at once. */
  flush(): void {
    let rest = this.#take()
    for (let retries = 0; rest.length > 0; ) {
      try {
        rest = rest.subarray(writeSync(this.#file, rest))
      } catch (error) {
        if (!isBusy(error) || ++retries > retriesAtEnd) return
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs)
      }
    }
  }

  #take(): Buffer {
    const all = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#bytes = 0
    return all
  }

  /** The lines of one turn of the event loop are one write; what is flushed before has not begun. */
  #soon(): void {
    if (this.#isWriting || this.#isPlanned || this.#waiting.length === 0) return
    this.#isPlanned = true
    setImmediate(() => this.#next())
  }

  #next(): void {
    this.#isPlanned = false
    if (this.#isWriting || this.#waiting.length === 0) return
    const bytes = this.#take()
    this.#isWriting = true
    write(this.#file, bytes, (error, written) => {
      this.#isWriting = false
      const rest = error === null ? bytes.subarray(written) : isBusy(error) ? bytes : undefined
      // a full disk, a terminal that was closed: these lines are lost, the next ones are tried again
      if (rest !== undefined && rest.length > 0) {
        this.#waiting.unshift(rest)
        this.#bytes += rest.length
      }
      if (error === null) this.#next()
      else setTimeout(() => this.#next(), retryMs)
    })
  }
}

/** A pipe that takes nothing at the moment. */
function isBusy(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EAGAIN' || code === 'EBUSY'
}
