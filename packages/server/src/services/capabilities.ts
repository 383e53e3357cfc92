/** What the capabilities room tells others: what the client of a session can do. XEP-0115. */
import type { Maybe } from '@rookery/protocol'
import { type Service, service } from '../service.ts'
import type { Session } from '../session.ts'

export interface CapabilitiesService {
  /**
   * The features of the client, as its last presence promises and its answer proves; none where it proves nothing. Waits for the
   * client, not longer than it may take to answer, where nobody has announced the same before.
   */
  of(session: Session): Maybe<ReadonlySet<string>>
}

export const capabilitiesService: Service<CapabilitiesService> = service('capabilities')
