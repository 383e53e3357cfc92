/** What the reporting room does for others: it takes what is said about somebody who is blocked. XEP-0377. */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { Element } from '@rookery/protocol/xml'
import { type Service, service } from '../service.ts'

export interface ReportingService {
  /**
   * The reports in a `<block/>` that was carried out. Neither throws nor rejects: whatever becomes of a report, the block
   * stands. [XEP-0377 6]
   */
  blocked(reporter: Jid, block: Element): Maybe<undefined>
}

export const reportingService: Service<ReportingService> = service('reporting')
