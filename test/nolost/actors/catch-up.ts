/**
 * What a client does that has lost its session: asks its archive for everything after the last message it had (XEP-0313 1.1), a page at a time,
 * while new messages come in. Whoever does that must have everything.
 */
import { isBroken } from '@rookery/protocol/codec'
import { pageRequest, pageResult } from '@rookery/protocol/rsm'
import { type Element, el, writeElement } from '@rookery/protocol/xml'
import { MAM, originOf, readResult } from '../client/received.ts'

export interface CatchUpParts {
  send(wire: string): void
  /** Says what was received: whoever asks for much does so in between, or too much is under way. */
  acknowledge(): void
  found(origin: string, body: string, id: string): void
  note(text: string): void
}

const pageSize = 50

export class CatchUp {
  readonly #parts: CatchUpParts
  /** Everything up to this id of the archive is known. */
  #known: string | undefined
  #queries = 0
  /** The query that is under way. */
  #query: string | undefined

  constructor(parts: CatchUpParts) {
    this.#parts = parts
  }

  get isDone(): boolean {
    return this.#query === undefined
  }

  /** A message came by itself. */
  came(stanzaId: string | undefined): void {
    if (this.isDone && stanzaId !== undefined) this.#known = stanzaId
  }

  /** A session was lost, and another has begun. */
  begin(): void {
    this.#ask()
  }

  /** True when it was for us. */
  take(element: Element): boolean {
    if (this.#query === undefined) return false
    const result = readResult(element, this.#query)
    if (result !== undefined) {
      const { id, message } = result
      const body = message.childText('body')
      if (message.attr('type') !== 'error' && body !== undefined) this.#parts.found(originOf(message), body, id)
      return true
    }
    if (element.name !== 'iq' || element.attr('id') !== this.#query) return false
    this.#answered(element)
    return true
  }

  #answered(answer: Element): void {
    const fin = answer.child('fin', MAM)
    const set = fin === undefined ? undefined : pageResult.find(fin)
    if (fin === undefined || isBroken(set)) {
      const why = answer.child('error')?.firstElement()?.name
      this.#parts.note(`catching up after ${this.#known} was refused: ${why}`)
      // the archive does not know the last message we had: all over again; otherwise once more
      if (why === 'item-not-found') this.#known = undefined
      return this.#ask()
    }
    this.#parts.acknowledge()
    this.#known = set?.last ?? this.#known
    if (set?.last === undefined || ['true', '1'].includes(fin.attr('complete') ?? '')) this.#query = undefined
    else this.#ask()
  }

  #ask(): void {
    this.#query = `catch-up-${++this.#queries}`
    const page = pageRequest.build({ max: pageSize, ...(this.#known === undefined ? {} : { after: this.#known }) })
    const query = el('query', MAM, { queryid: this.#query }, [page])
    this.#parts.send(
      writeElement(el('iq', 'jabber:client', { type: 'set', id: this.#query }, [query]), 'jabber:client'),
    )
  }
}
