/** What the personal eventing room does for others: publishes in the name of an account. XEP-0163. */
import type { Jid } from '@rookery/protocol/jid'
import type { StanzaError } from '@rookery/protocol/stanza'
import type { Element } from '@rookery/protocol/xml'
import { type Service, service } from '../service.ts'

/** The configuration of a node; all of them are their owner's alone. */
export interface NodeConfig {
  /** Items are kept; otherwise they are only told. */
  readonly persist: boolean
  /** Kept at most, the oldest make way; `max`: as many as the server allows. */
  readonly maxItems: number | 'max'
  readonly sendLast: 'never' | 'on_sub' | 'on_sub_and_presence'
}

export interface PepService {
  /**
   * Publishes an item, which replaces the one of that id; the node is made, with this configuration, if there is none. Resolves when it is
   * kept and those who want to know are told; with an error when it is not taken. Rejects when storage fails.
   */
  publish(
    account: Jid,
    node: string,
    item: { readonly id: string; readonly payload: Element },
    creation: NodeConfig,
  ): Promise<StanzaError | undefined>
}

export const pepService: Service<PepService> = service('pep')
