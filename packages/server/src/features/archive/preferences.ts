/** Whose messages an account wants to have archived. XEP-0441 0.2.0. Pure. */
import { type Jid, parseJid } from '@rookery/protocol/jid'
import type { ArchiveDefault, ArchivePreferences } from '@rookery/protocol/xeps/mam'
import type { DocumentForm } from '../../account-documents.ts'

/** Yes, no, or whether the contact is in the roster. */
export type Wish = 'always' | 'never' | 'roster'

interface Stored {
  readonly default: ArchiveDefault
  readonly always: readonly string[]
  readonly never: readonly string[]
}

export class Preferences {
  readonly default: ArchiveDefault
  readonly #always: ReadonlyMap<string, Jid>
  readonly #never: ReadonlyMap<string, Jid>

  constructor(byDefault: ArchiveDefault, always: readonly Jid[] = [], never: readonly Jid[] = []) {
    this.default = byDefault
    this.#always = byText(always)
    this.#never = byText(never)
  }

  get size(): number {
    return this.#always.size + this.#never.size
  }

  /** About messages to or from this address. Who is on both lists is not archived. [XEP-0441 2.3] */
  wishFor(contact: Jid): Wish {
    if (this.size === 0) return this.default
    if (lists(this.#never, contact)) return 'never'
    return lists(this.#always, contact) ? 'always' : this.default
  }

  toValue(): ArchivePreferences {
    return { default: this.default, always: [...this.#always.values()], never: [...this.#never.values()] }
  }

  /** As it is stored. */
  toString(): string {
    return JSON.stringify(this.toValue())
  }

  /** What `toString` wrote; an address that is none any more is left out. */
  static parse(text: string): Preferences {
    const { default: byDefault, always, never } = JSON.parse(text) as Stored
    const addresses = (list: readonly string[]): Jid[] => list.flatMap((one) => parseJid(one) ?? [])
    return new Preferences(byDefault, addresses(always), addresses(never))
  }
}

/** `byDefault`: for an account that has said nothing. */
export const preferencesForm = (byDefault: ArchiveDefault): DocumentForm<Preferences> => ({
  key: 'archive:preferences',
  empty: new Preferences(byDefault),
  parse: (text) => Preferences.parse(text),
  print: (preferences) => preferences.toString(),
})

function byText(list: readonly Jid[]): ReadonlyMap<string, Jid> {
  return new Map(list.map((jid) => [jid.toString(), jid]))
}

/** A bare entry stands for all resources. [XEP-0441 2.3.1] */
function lists(list: ReadonlyMap<string, Jid>, contact: Jid): boolean {
  return list.has(contact.toString()) || (contact.isFull && list.has(contact.bare.toString()))
}
