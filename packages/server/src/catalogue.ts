/** What the features of a host declared for service discovery. XEP-0030, XEP-0128; answering is the disco room's. */
import type { StanzaError } from '@rookery/protocol/stanza'
import type { Element } from '@rookery/protocol/xml'
import type { IqRequest } from './iq-request.ts'
import type { Phases } from './phases.ts'
import type { CataloguePower, Identity } from './powers.ts'

export class Catalogue implements CataloguePower {
  readonly #phases: Phases

  constructor(phases: Phases) {
    this.#phases = phases
  }

  identities(at: 'host' | 'account'): readonly Identity[] {
    return this.#phases.discoverable().flatMap(({ identities }) => identities?.[at] ?? [])
  }

  features(at: 'host' | 'account'): readonly string[] {
    return [...new Set(this.#phases.discoverable().flatMap((disco) => disco[at] ?? []))].sort()
  }

  forms(): readonly Element[] {
    return this.#phases.wirings.flatMap(({ wiring }) => wiring.forms?.() ?? [])
  }

  async items(): Promise<readonly Element[]> {
    const lists = await Promise.all(this.#phases.wirings.map(({ wiring }) => wiring.items?.() ?? []))
    return lists.flat()
  }

  async node(node: string, request: IqRequest): Promise<Element | StanzaError | undefined> {
    for (const { wiring } of this.#phases.wirings) {
      const answer = await wiring.node?.(node, request)
      if (answer !== undefined) return answer
    }
    return undefined
  }
}
