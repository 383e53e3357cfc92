/** What the blocking room tells others: with whom an account wants nothing to do. XEP-0191. */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import { type Service, service } from '../service.ts'

export interface BlockingService {
  /** Whether the account (by localpart) blocks this address: presence is then neither sent nor taken. [XEP-0191 3.3] */
  isBlocked(local: string, who: Jid): Maybe<boolean>
}

export const blockingService: Service<BlockingService> = service('blocking')
