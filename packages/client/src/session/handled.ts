/**
 * How many stanzas of the other side have been handled (XEP-0198 section 4): one that somebody still works on holds back the count, and with it
 * our acknowledgement of all that came after it. When the session goes on, the other side sends these again; what is in hand is known then.
 */
import type { Element } from '@rookery/protocol/xml'

interface Received {
  /** By which it is known again: many may wait behind one that takes long, and what is in them is not kept for that. */
  readonly signature: string
  isDone: boolean
}

export class Handled {
  #count: number
  /** From the first that is not done, in the order they came. */
  #queue: Received[] = []
  /** Of before the connection broke, and how many may still come again. */
  #inHand: Received[] = []
  #mayRepeat = 0
  #bytes = 0
  readonly #changed: () => void

  /** `changed` is called when one is done later than it came. */
  constructor(handled: number, changed: () => void) {
    this.#count = handled
    this.#changed = changed
  }

  /** All before the first that is not done. */
  get count(): number {
    return this.#count
  }

  get received(): number {
    return this.#count + this.#queue.length
  }

  /** Bytes of what is not done. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether this one came before and is in hand: it counts, and is not to be dealt with again. */
  repeats(element: Element): boolean {
    if (!this.#mayRepeat) return false
    this.#mayRepeat--
    const signature = signatureOf(element)
    const at = this.#inHand.findIndex((one) => one.signature === signature)
    if (at < 0) return false
    this.#add(this.#inHand.splice(at, 1)[0]!)
    return true
  }

  /** One has come; `working` settles when it is done. It never rejects. */
  receive(element: Element, working: Promise<unknown> | undefined): void {
    if (!working && this.#queue.length === 0) return void this.#count++
    const one: Received = { signature: signatureOf(element), isDone: !working }
    const bytes = working ? (element.inner ?? JSON.stringify(element)).length + 200 : 0
    this.#bytes += bytes
    this.#add(one)
    working?.then(() => {
      one.isDone = true
      this.#bytes -= bytes
      this.#advance()
      this.#changed()
    })
  }

  /** The connection broke: the other side will send again what comes behind the count, which stands still until then. */
  interrupt(): void {
    this.#inHand = [...this.#queue, ...this.#inHand] // in the order in which they come again
    this.#mayRepeat = this.#inHand.length
    this.#queue = []
  }

  #add(one: Received): void {
    this.#queue.push(one)
    this.#advance()
  }

  #advance(): void {
    let done = 0
    while (this.#queue[done]?.isDone) done++
    this.#count += this.#queue.splice(0, done).length
  }
}

/** What is the same when a stanza is sent again, perhaps with a delay in it. */
function signatureOf(element: Element): string {
  return [element.name, element.attr('type'), element.attr('from'), element.attr('id'), element.childText('body')].join(
    '\n',
  )
}
