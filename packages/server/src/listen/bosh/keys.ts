/** The key sequence of BOSH (XEP-0124 section 15): each request shows what the hash in the one before was made of. */
import { createHash } from 'node:crypto'

export class KeySequence {
  #expected: string | undefined

  /** Whether the request follows the one before. Asked once for each, in order. */
  follows(key: string | undefined, newKey: string | undefined): boolean {
    if (this.#expected !== undefined && (key === undefined || sha1(key) !== this.#expected)) return false
    const next = newKey ?? (this.#expected === undefined ? undefined : key)
    if (next !== undefined) this.#expected = next.toLowerCase() // case is not significant [XEP-0124 15.3]
    return true
  }
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
