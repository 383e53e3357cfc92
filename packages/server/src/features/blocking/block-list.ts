/** A block list, and what it matches. XEP-0191 1.3 section 6. Immutable. */
import { type Jid, parseJid } from '@rookery/protocol/jid'
import type { DocumentForm } from '../../account-documents.ts'

export class BlockList {
  readonly #jids: ReadonlyMap<string, Jid>

  constructor(jids: readonly Jid[]) {
    this.#jids = new Map(jids.map((one) => [one.toString(), one]))
  }

  get size(): number {
    return this.#jids.size
  }

  /** In the order in which they were blocked. */
  get jids(): readonly Jid[] {
    return [...this.#jids.values()]
  }

  has(jid: Jid): boolean {
    return this.#jids.has(jid.toString())
  }

  /** The resource itself, the account, the domain with this resource, or the whole domain. [XEP-0191 6] */
  matches(jid: Jid): boolean {
    if (this.#jids.size === 0) return false
    return this.has(jid) || this.has(jid.bare) || this.#jids.has(jid.domain)
  }

  with(jids: readonly Jid[]): BlockList {
    return new BlockList([...this.jids, ...jids])
  }

  without(jids: readonly Jid[]): BlockList {
    const gone = new Set(jids.map((one) => one.toString()))
    const left = this.jids.filter((one) => !gone.has(one.toString()))
    return left.length === 0 ? nobody : new BlockList(left)
  }

  /** As it is kept in storage: an address a line; none has a line break in it. */
  toString(): string {
    return [...this.#jids.keys()].join('\n')
  }

  static parse(text: string): BlockList {
    return new BlockList(text.split('\n').flatMap((line) => parseJid(line) ?? []))
  }
}

export const nobody: BlockList = new BlockList([])

export const blockListForm: DocumentForm<BlockList> = {
  key: 'blocking',
  empty: nobody,
  parse: (text) => BlockList.parse(text),
  print: (list) => list.toString(),
}
