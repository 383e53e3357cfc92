/** What the archive room tells others: under which id it keeps a message. XEP-0313, XEP-0359. */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { type Service, service } from '../service.ts'
import type { Session } from '../session.ts'
import type { Trip } from '../trip.ts'

export interface ArchiveService {
  /** The id in the archive of the trip's account, from the copy phase on; undefined for what is not kept there. */
  idOf(trip: Trip<Message>): { readonly by: Jid; readonly id: string } | undefined
  /**
   * Whether the client of this session need not be sent a message that waited for it and has this id in the archive of its account: the
   * client was given it from there, or logged in in a way that says it will fetch it (XEP-0386).
   */
  isCovered(session: Session, id: string): Maybe<boolean>
}

export const archiveService: Service<ArchiveService> = service('archive')
