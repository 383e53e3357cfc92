/** What waits to be sent over BOSH: whole elements, in bodies of a bounded size. */
import { FRAME_END } from '@rookery/protocol/stream'

/** Of one answer; a larger element goes by itself. */
const mostBytes = 262_144

export class Outbox {
  #elements: string[] = []
  /** The beginning of an element whose end has not been written. */
  #begun = ''
  #bytes = 0

  get bytes(): number {
    return this.#bytes + this.#begun.length
  }

  get isEmpty(): boolean {
    return this.#elements.length === 0
  }

  /** Whether all of it goes into one answer. */
  get fitsOne(): boolean {
    return this.#bytes <= mostBytes
  }

  /** `wire`: elements that end as framings end them, cut anywhere. */
  add(wire: string): void {
    let from = 0
    for (let end = wire.indexOf(FRAME_END); end >= 0; end = wire.indexOf(FRAME_END, from)) {
      const element = this.#begun + wire.slice(from, end)
      this.#begun = ''
      this.#elements.push(element)
      this.#bytes += element.length
      from = end + 1
    }
    if (from < wire.length) this.#begun += wire.slice(from)
  }

  /** As many as one body takes, in order. */
  take(): string[] {
    let size = 0
    let count = 0
    for (const element of this.#elements) {
      if (count > 0 && size + element.length > mostBytes) break
      size += element.length
      count++
    }
    this.#bytes -= size
    return this.#elements.splice(0, count)
  }
}
