/**
 * The rest of a first-level element that is larger than its limits allow: it is looked through for its end, so that what follows can be read,
 * and nothing of it is kept but the names of the elements that are open.
 */

/** Between tags; behind `<`; in a name; in a tag behind its name; behind a slash there; in a value; behind `</` and its name; `<![CDATA[`. */
const TEXT = 0
const OPENING = 1
const NAME = 2
const TAG = 3
const SLASH = 4
const APOS = 5
const QUOT = 6
const END = 7
const SECTION = 8

/** Open elements: an element with more is given up. */
const mostOpen = 1 << 20

/** It is no XML. */
export const BROKEN = -2
/** Its end has not come. */
export const GOING_ON = -1

const nameEnd = /[ \t\r\n/>]/g

export class Oversized {
  readonly #open: string[]
  #state = TEXT
  #name = ''
  /** The last characters of a CDATA section. */
  #last = ''

  /** `open`: the names of the elements that are open where it begins, outermost first. */
  constructor(open: string[]) {
    this.#open = open
  }

  /** Takes more wire bytes; gives the index behind the end of the element, GOING_ON or BROKEN. */
  feed(chunk: string): number {
    const { length } = chunk
    for (let i = 0; i < length; ) {
      switch (this.#state) {
        case TEXT:
          i = this.#to(chunk, '<', i, OPENING)
          break
        case APOS:
          i = this.#to(chunk, "'", i, TAG)
          break
        case QUOT:
          i = this.#to(chunk, '"', i, TAG)
          break
        case SECTION:
          if (!this.#section(chunk[i++]!)) return BROKEN
          break
        case NAME:
        case END: {
          nameEnd.lastIndex = i
          const at = nameEnd.exec(chunk)?.index ?? length
          this.#name += chunk.slice(i, at)
          i = at
          if (at < length && !this.#named(chunk[i++]!)) return BROKEN
          break
        }
        default:
          if (!this.#step(chunk[i++]!)) return BROKEN
      }
      if (this.#state === TEXT && this.#open.length === 0) return i
    }
    return GOING_ON
  }

  #to(chunk: string, mark: string, from: number, next: number): number {
    const at = chunk.indexOf(mark, from)
    if (at < 0) return chunk.length
    this.#state = next
    return at + 1
  }

  /** A name has ended, with this; false when it is no XML. */
  #named(c: string): boolean {
    if (this.#state === END) {
      if (c === '/') return false
      if (c === '>') return this.#close(this.#name)
      return true // white space, and `>` behind it
    }
    if (this.#name === '' || this.#name.includes('<')) return false
    this.#open.push(this.#name)
    this.#state = TAG
    return this.#step(c) && this.#open.length <= mostOpen
  }

  #close(name: string): boolean {
    this.#state = TEXT
    return this.#open.pop() === name
  }

  #step(c: string): boolean {
    const state = this.#state
    if (state === OPENING) {
      this.#name = c
      this.#state = c === '/' ? END : c === '!' ? SECTION : NAME
      if (c === '/') this.#name = ''
      this.#last = ''
      return !' \t\r\n?>'.includes(c)
    }
    if (state === SLASH) return c === '>' && this.#close(this.#open.at(-1)!)
    if (c === '>') this.#state = TEXT
    else if (c === '/') this.#state = SLASH
    else if (c === "'") this.#state = APOS
    else if (c === '"') this.#state = QUOT
    return c !== '<'
  }

  /** One more character behind `<!`. */
  #section(c: string): boolean {
    const opening = '[CDATA['
    if (this.#name.length < opening.length + 1) {
      this.#name += c
      return `!${opening}`.startsWith(this.#name)
    }
    this.#last = (this.#last + c).slice(-3)
    if (this.#last === ']]>') this.#state = TEXT
    return true
  }
}
