/** What the discovery room tells others: what the host says about itself. XEP-0030. */
import type { Element } from '@rookery/protocol/xml'
import { type Service, service } from '../service.ts'

export interface DiscoService {
  /** The answer to disco#info about the host, the same while it runs; `node` is mirrored. Not before all features are started. */
  hostInfo(node?: string): Element
}

export const discoService: Service<DiscoService> = service('disco')
