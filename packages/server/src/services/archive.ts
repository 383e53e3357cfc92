/** What the archive room tells others: under which id it keeps a message. XEP-0313, XEP-0359. */
import type { Jid } from '@rookery/protocol/jid'
import type { Message } from '@rookery/protocol/stanza'
import { type Service, service } from '../service.ts'
import type { Trip } from '../trip.ts'

export interface ArchiveService {
  /** The id in the archive of the trip's account, from the copy phase on; undefined for what is not kept there. */
  idOf(trip: Trip<Message>): { readonly by: Jid; readonly id: string } | undefined
}

export const archiveService: Service<ArchiveService> = service('archive')
